package io.viworks.cli;

import java.util.List;

/** The query of a list, encoded. For one thread. */
final class Query {
    private final StringBuilder text = new StringBuilder();

    Query with(String name, String value) {
        text.append(text.isEmpty() ? '?' : '&').append(name).append('=').append(Api.part(value));
        return this;
    }

    Query withAll(String name, List<String> values) {
        values.forEach(value -> with(name, value));
        return this;
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
