package io.viworks.admin.gateway;

import io.viworks.admin.problem.InputError;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What admins may write on a gateway: its names and labels within their limits. */
public final class Metadata {
    /** Labels of one gateway at most. */
    public static final int MAX_LABELS = 32;

    /** Longest name of a label in characters. */
    public static final int MAX_NAME = 63;

    /** Longest value of a label, site, or display name in characters. */
    public static final int MAX_VALUE = 255;

    /** Longest notes in characters. */
    public static final int MAX_NOTES = 4_096;

    private Metadata() {}

    /** Adds what is wrong with a display name or a site. */
    public static void checkText(@Nullable String value, String pointer, List<InputError> errors) {
        if (value != null && !isPlain(value, MAX_VALUE)) {
            errors.add(
                    InputError.at(
                            pointer, "must have 1 to 255 characters, without control characters"));
        }
    }

    /** Adds what is wrong with labels. */
    public static void checkLabels(Map<String, String> labels, List<InputError> errors) {
        if (labels.size() > MAX_LABELS) {
            errors.add(InputError.at("/labels", "must be at most " + MAX_LABELS));
        }
        labels.forEach((name, value) -> {
            if (!isPlain(name, MAX_NAME) || !isPlain(value, MAX_VALUE)) {
                errors.add(
                        InputError.at(
                                "/labels",
                                "must have names of at most 63 and values of at most 255"
                                        + " characters, without control characters"));
            }
        });
    }

    /** Adds what is wrong with notes, which may have several lines. */
    static void checkNotes(@Nullable String notes, List<InputError> errors) {
        if (notes != null && !isPlain(notes.replaceAll("[\r\n\t]", " "), MAX_NOTES)) {
            errors.add(
                    InputError.at(
                            "/notes",
                            "must have 1 to 4096 characters, without control characters but line"
                                    + " ends and tabs"));
        }
    }

    private static boolean isPlain(@Nullable String text, int max) {
        return text != null
                && !text.isBlank()
                && text.length() <= max
                && text.codePoints()
                        .noneMatch(c ->
                                Character.isISOControl(c)
                                        || Character.getType(c) == Character.SURROGATE);
    }
}
