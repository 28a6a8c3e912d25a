package io.viworks.admin.gateway;

import io.viworks.admin.sql.Conditions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a gateway's labels must be like: the labels that admins and join tokens set, never those
 * that an agent reports of itself. Of several all must hold.
 */
public sealed interface LabelSelector {
    /** Selectors of one question at most. */
    int MAX = 16;

    /** The forms, for messages. */
    String FORMS = "key=value, key!=value, key or !key";

    /** {@code key=value}: the label has this value. */
    record Is(String key, String value) implements LabelSelector {}

    /** {@code key!=value}: the label has another value, or is not there. */
    record IsNot(String key, String value) implements LabelSelector {}

    /** {@code key}: the label is there. */
    record Has(String key) implements LabelSelector {}

    /** {@code !key}: the label is not there. */
    record HasNot(String key) implements LabelSelector {}

    /**
     * Reads one; a value may hold anything, {@code =} too.
     *
     * @throws IllegalArgumentException saying what would be right
     */
    static LabelSelector parse(String text) {
        int equals = text.indexOf('=');
        boolean absent = text.startsWith("!");
        if (equals < 0) {
            String key = absent ? text.substring(1) : text;
            if (key.isBlank() || key.startsWith("!")) {
                throw new IllegalArgumentException("must be " + FORMS);
            }
            return absent ? new HasNot(key) : new Has(key);
        }
        boolean not = equals > 0 && text.charAt(equals - 1) == '!';
        String key = text.substring(0, not ? equals - 1 : equals);
        if (key.isBlank() || absent) {
            throw new IllegalArgumentException("must be " + FORMS);
        }
        String value = text.substring(equals + 1);
        return not ? new IsNot(key, value) : new Is(key, value);
    }

    /**
     * Reads several.
     *
     * @throws IllegalArgumentException saying what would be right
     */
    static List<LabelSelector> parseAll(List<String> texts) {
        if (texts.size() > MAX) {
            throw new IllegalArgumentException("may be given at most " + MAX + " times");
        }
        return texts.stream().map(LabelSelector::parse).toList();
    }

    /** Adds the conditions on the gateway's row, which the query names {@code g}. */
    static void addTo(Conditions where, List<LabelSelector> selectors) {
        Map<String, String> same = new TreeMap<>();
        List<Is> conflicting = new ArrayList<>();
        for (LabelSelector selector : selectors) {
            String name = "label_" + where.parameters().size();
            switch (selector) {
                case Is is -> {
                    String before = same.putIfAbsent(is.key(), is.value());
                    if (before != null && !before.equals(is.value())) {
                        conflicting.add(is);
                    }
                }
                case IsNot(String key, String value) ->
                        where.and(
                                "not g.labels @> cast(:" + name + " as jsonb)",
                                name,
                                json(Map.of(key, value)));
                case Has(String key) ->
                        where.and("jsonb_exists(g.labels, :" + name + ")", name, key);
                case HasNot(String key) ->
                        where.and("not jsonb_exists(g.labels, :" + name + ")", name, key);
            }
        }
        if (!conflicting.isEmpty()) {
            where.and("false");
        }
        if (!same.isEmpty()) {
            where.and("g.labels @> cast(:labels as jsonb)", "labels", json(same));
        }
    }

    private static String json(Map<String, String> labels) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        labels.forEach(object::put);
        return object.toString();
    }
}
