package io.viworks.admin.command;

import io.viworks.protocol.Bytes;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Tells whether two requests ask for the same: SHA-256 of what they mean, not of their bytes. */
final class RequestHash {
    private RequestHash() {}

    static Bytes of(CommandRequest.Asked asked) {
        ObjectNode meaning = JsonNodeFactory.instance.objectNode();
        meaning.put("command", asked.verb());
        meaning.set("parameters", sorted(asked.arguments()));
        meaning.put("ttl_s", asked.ttl().toSeconds());
        asked.timeout().ifPresent(timeout -> meaning.put("timeout_s", timeout.toSeconds()));
        meaning.put("delivery", asked.delivery().name());
        try {
            return Bytes.of(
                    MessageDigest.getInstance("SHA-256")
                            .digest(meaning.toString().getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** The order of an object's members means nothing. */
    private static JsonNode sorted(JsonNode node) {
        if (node.isObject()) {
            ObjectNode copy = JsonNodeFactory.instance.objectNode();
            List<Map.Entry<String, JsonNode>> members = new ArrayList<>(node.properties());
            members.sort(Map.Entry.comparingByKey());
            members.forEach(member -> copy.set(member.getKey(), sorted(member.getValue())));
            return copy;
        }
        if (node.isArray()) {
            ArrayNode copy = JsonNodeFactory.instance.arrayNode();
            node.forEach(item -> copy.add(sorted(item)));
            return copy;
        }
        return node;
    }
}
