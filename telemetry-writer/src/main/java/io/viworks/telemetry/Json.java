package io.viworks.telemetry;

import tools.jackson.databind.json.JsonMapper;

/** Values of jsonb columns. */
final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private Json() {}

    static String of(Object value) {
        return MAPPER.writeValueAsString(value);
    }
}
