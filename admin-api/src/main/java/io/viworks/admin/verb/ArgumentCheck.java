package io.viworks.admin.verb;

import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.protocol.verb.Verb;
import io.viworks.protocol.verb.VerbCatalogue;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Checks a command's verb and arguments against the catalogue. Pure; thread-safe. */
public final class ArgumentCheck {
    private final VerbCatalogue catalogue;

    public ArgumentCheck(VerbCatalogue catalogue) {
        this.catalogue = catalogue;
    }

    /**
     * The verb, when it exists and takes these arguments.
     *
     * @param pointer where in the body the arguments are, as a JSON Pointer
     * @throws Refusal {@link ProblemCode#UNKNOWN_VERB}, or {@link ProblemCode#INVALID_ARGUMENTS}
     *     with a pointer for each mistake
     */
    public Verb check(String name, ObjectNode arguments, String pointer) {
        Verb verb =
                catalogue
                        .find(name)
                        .orElseThrow(() ->
                                Refusal.of(
                                        ProblemCode.UNKNOWN_VERB,
                                        "GET /admin/api/verbs names the verbs there are",
                                        List.of(InputError.at("/command", "is no verb"))));
        List<InputError> errors = new ArrayList<>();
        verb.validate(arguments)
                .forEach(violation ->
                        errors.add(
                                InputError.at(pointer + violation.pointer(), violation.message())));
        unstorable(arguments, pointer, errors);
        if (!errors.isEmpty()) {
            throw Refusal.of(
                    ProblemCode.INVALID_ARGUMENTS,
                    "the arguments do not fit the schema of " + verb.name(),
                    errors);
        }
        return verb;
    }

    /** Postgres stores neither U+0000 nor half a surrogate pair: better told than changed. */
    private static void unstorable(JsonNode node, String pointer, List<InputError> errors) {
        if (node.isString() && !isStorable(node.asString())) {
            errors.add(InputError.at(pointer, "must hold no U+0000 and no lone surrogate"));
        }
        if (node.isObject()) {
            node.properties()
                    .forEach(member -> {
                        if (isStorable(member.getKey())) {
                            String step = member.getKey().replace("~", "~0").replace("/", "~1");
                            unstorable(member.getValue(), pointer + "/" + step, errors);
                        } else {
                            errors.add(InputError.at(pointer, "has a key that cannot be stored"));
                        }
                    });
        }
        if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                unstorable(node.path(i), pointer + "/" + i, errors);
            }
        }
    }

    private static boolean isStorable(String text) {
        return text.codePoints()
                .noneMatch(c -> c == 0 || Character.getType(c) == Character.SURROGATE);
    }
}
