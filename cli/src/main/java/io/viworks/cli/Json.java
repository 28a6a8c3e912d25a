package io.viworks.cli;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Reads and shows JSON of the API. */
final class Json {
    static final JsonMapper MAPPER = JsonMapper.builder().build();

    private static final JsonMapper INDENTED =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private Json() {}

    /** A member as text; empty when it is absent, null, or has members itself. */
    static String text(JsonNode node, String name) {
        JsonNode value = node.path(name);
        return value.isValueNode() && !value.isNull() ? value.asString("") : "";
    }

    /** The same value in lines, harmless on a terminal. */
    static String shown(JsonNode node) {
        return Harmless.json(INDENTED.writeValueAsString(node));
    }
}
