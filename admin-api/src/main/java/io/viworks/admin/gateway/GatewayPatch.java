package io.viworks.admin.gateway;

import io.swagger.v3.oas.annotations.media.Schema;
import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A change of what admins write on a gateway, as a merge patch (RFC 7396): what is left out stays,
 * what is null goes, and so for each label.
 */
record GatewayPatch(
        @Schema(implementation = String.class, nullable = true, maxLength = Metadata.MAX_VALUE)
                @Nullable JsonNode displayName,
        @Schema(implementation = String.class, nullable = true, maxLength = Metadata.MAX_VALUE)
                @Nullable JsonNode site,
        @Schema(
                        implementation = Map.class,
                        nullable = true,
                        description = "labels by name; a label that is null goes")
                @Nullable JsonNode labels,
        @Schema(implementation = String.class, nullable = true, maxLength = Metadata.MAX_NOTES)
                @Nullable JsonNode notes) {

    /** What admins wrote on a gateway. */
    record Written(
            @Nullable String displayName,
            @Nullable String site,
            Map<String, String> labels,
            @Nullable String notes) {
        /** Copies the labels. */
        Written {
            labels = new TreeMap<>(labels);
        }
    }

    /**
     * What was written, with this change.
     *
     * @throws Refusal {@link ProblemCode#INVALID_BODY} with all mistakes
     */
    Written on(Written before) {
        List<InputError> errors = new ArrayList<>();
        Written after =
                new Written(
                        text(displayName, before.displayName(), "/display_name", errors),
                        text(site, before.site(), "/site", errors),
                        labels(before.labels(), errors),
                        text(notes, before.notes(), "/notes", errors));
        if (displayName != null) {
            Metadata.checkText(after.displayName(), "/display_name", errors);
        }
        if (site != null) {
            Metadata.checkText(after.site(), "/site", errors);
        }
        if (labels != null) {
            Metadata.checkLabels(after.labels(), errors);
        }
        if (notes != null) {
            Metadata.checkNotes(after.notes(), errors);
        }
        if (!errors.isEmpty()) {
            throw Refusal.of(
                    ProblemCode.INVALID_BODY, "the body has fields that are wrong", errors);
        }
        return after;
    }

    private static @Nullable String text(
            @Nullable JsonNode patch,
            @Nullable String before,
            String pointer,
            List<InputError> errors) {
        if (patch == null) {
            return before;
        }
        if (patch.isString()) {
            return patch.stringValue();
        }
        if (!patch.isNull()) {
            errors.add(InputError.at(pointer, "must be a text, or null to remove it"));
        }
        return null;
    }

    private Map<String, String> labels(Map<String, String> before, List<InputError> errors) {
        Map<String, String> after = new TreeMap<>(before);
        if (labels == null) {
            return after;
        }
        if (labels.isNull()) {
            return Map.of();
        }
        if (!labels.isObject()) {
            errors.add(InputError.at("/labels", "must be an object, or null to remove all"));
            return after;
        }
        for (Map.Entry<String, JsonNode> label : labels.properties()) {
            JsonNode value = label.getValue();
            if (value.isNull()) {
                after.remove(label.getKey());
            } else if (value.isString()) {
                after.put(label.getKey(), value.stringValue());
            } else {
                errors.add(
                        InputError.at(
                                "/labels/" + escaped(label.getKey()),
                                "must be a text, or null to remove it"));
            }
        }
        return after;
    }

    private static String escaped(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }
}
