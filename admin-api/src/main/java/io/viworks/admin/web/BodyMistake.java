package io.viworks.admin.web;

import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.converter.HttpMessageNotReadableException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.InputCoercionException;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;

/** What is wrong with a body that could not be read, told without repeating what it held. */
final class BodyMistake {
    private BodyMistake() {}

    static Refusal of(HttpMessageNotReadableException unreadable) {
        for (@Nullable Throwable cause = unreadable; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case StreamConstraintsException deep -> {
                    return badJson("the body is nested too deeply or holds too long a value", deep);
                }
                case InputCoercionException number -> {
                    return invalid(pointer(number), "is a number out of range");
                }
                case StreamReadException broken -> {
                    return badJson(broken(broken), broken);
                }
                case UnrecognizedPropertyException unknown -> {
                    return invalid(
                            pointer(unknown),
                            "is not known here; known are " + known(unknown.getKnownPropertyIds()));
                }
                case DatabindException mismatch -> {
                    String pointer = pointer(mismatch);
                    return invalid(
                            pointer,
                            pointer.isEmpty() ? "must be one JSON object" : "has the wrong type");
                }
                default -> {}
            }
        }
        return Refusal.of(ProblemCode.BAD_JSON, "a body is needed: one JSON object in UTF-8");
    }

    private static String broken(StreamReadException broken) {
        String original = broken.getOriginalMessage();
        return original != null && original.startsWith("Duplicate")
                ? "a key occurs twice in one object"
                : "the body is not valid JSON in UTF-8";
    }

    private static Refusal badJson(String what, JacksonException at) {
        TokenStreamLocation place = at.getLocation();
        if (place == null) {
            return Refusal.of(ProblemCode.BAD_JSON, what);
        }
        return Refusal.of(
                        ProblemCode.BAD_JSON,
                        what
                                + " (line "
                                + place.getLineNr()
                                + ", column "
                                + place.getColumnNr()
                                + ")")
                .with("line", String.valueOf(place.getLineNr()))
                .with("column", String.valueOf(place.getColumnNr()));
    }

    private static Refusal invalid(String pointer, String message) {
        return Refusal.of(
                ProblemCode.INVALID_BODY,
                "the body has a field that is wrong",
                List.of(InputError.at(pointer, message)));
    }

    private static String known(java.util.@Nullable Collection<Object> names) {
        return names == null
                ? "none"
                : String.join(", ", names.stream().map(Object::toString).sorted().toList());
    }

    private static String pointer(JacksonException mistake) {
        StringBuilder pointer = new StringBuilder();
        for (JacksonException.Reference step : mistake.getPath()) {
            String name =
                    step.getPropertyName() == null
                            ? String.valueOf(step.getIndex())
                            : step.getPropertyName();
            pointer.append('/').append(name.replace("~", "~0").replace("/", "~1"));
        }
        return pointer.toString();
    }
}
