package io.viworks.admin.command;

import io.viworks.protocol.Bytes;
import io.viworks.protocol.sealing.SealingKeys;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Tells whether two requests ask for the same, by what they mean, not by their bytes: SHA-256, or,
 * of a request with secrets, a mark that nobody without the sealing keys can guess from.
 */
final class RequestHash {
    private RequestHash() {}

    /** What tells a request without secrets. */
    static List<Bytes> of(CommandRequest.Asked asked) {
        try {
            return List.of(
                    Bytes.of(MessageDigest.getInstance("SHA-256").digest(meaning(asked).array())));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** What tells a request with secrets, also when the key that seals has changed since. */
    static List<Bytes> of(CommandRequest.Asked asked, SealingKeys keys) {
        return keys.marks(meaning(asked));
    }

    private static Bytes meaning(CommandRequest.Asked asked) {
        ObjectNode meaning = JsonNodeFactory.instance.objectNode();
        meaning.put("command", asked.verb());
        meaning.set("parameters", sorted(asked.arguments()));
        meaning.put("ttl_s", asked.ttl().toSeconds());
        asked.timeout().ifPresent(timeout -> meaning.put("timeout_s", timeout.toSeconds()));
        meaning.put("delivery", asked.delivery().name());
        return Bytes.utf8(meaning.toString());
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
