package io.viworks.admin.paging;

import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The members that the items of a list have, for callers who want some of them only.
 *
 * @param id the members that are always shown
 */
public record Fields(List<String> known, List<String> id) {
    /** Copies the lists. */
    public Fields {
        known = List.copyOf(known);
        id = List.copyOf(id);
        if (!known.containsAll(id)) {
            throw new IllegalArgumentException("the id must be among the members");
        }
    }

    /** The members of a record as JSON has them. */
    public static Fields of(Class<? extends Record> item, String... id) {
        return new Fields(
                Arrays.stream(item.getRecordComponents())
                        .map(RecordComponent::getName)
                        .map(Fields::snake)
                        .toList(),
                List.of(id));
    }

    private static String snake(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
    }

    /**
     * The members asked for, the id among them; none stands for all.
     *
     * @param text names with commas
     * @throws Refusal {@link ProblemCode#BAD_PARAMETER} for an unknown name
     */
    public Set<String> of(@Nullable String text) {
        if (text == null) {
            return Set.of();
        }
        Set<String> asked = new LinkedHashSet<>(id);
        for (String name : text.split(",", -1)) {
            if (!known.contains(name)) {
                throw Refusal.of(
                        ProblemCode.BAD_PARAMETER,
                        "an item has no such member",
                        List.of(
                                InputError.in(
                                        "fields",
                                        "must be names with commas, of "
                                                + known.stream()
                                                        .collect(Collectors.joining(", ")))));
            }
            asked.add(name);
        }
        return asked;
    }
}
