package io.viworks.admin.sql;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The where-clause of a query, made of the filters that were asked for. For one thread. */
public final class Conditions {
    private final List<String> clauses = new ArrayList<>();
    private final Map<String, Object> parameters = new LinkedHashMap<>();

    /** Adds a condition without a parameter. */
    public Conditions and(String clause) {
        clauses.add(clause);
        return this;
    }

    /** Adds a condition with its one named parameter; values never become part of the text. */
    public Conditions and(String clause, String name, Object value) {
        parameters.put(name, value);
        return and(clause);
    }

    /** {@code true} when there is none. */
    public String sql() {
        return clauses.isEmpty() ? "true" : String.join("\n  and ", clauses);
    }

    public Map<String, Object> parameters() {
        return parameters;
    }
}
