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
        return List.of(sha256(Bytes.utf8(meaning(asked).toString())));
    }

    /** What tells a request with secrets, also when the key that seals has changed since. */
    static List<Bytes> of(CommandRequest.Asked asked, SealingKeys keys) {
        return keys.marks(Bytes.utf8(meaning(asked).toString()));
    }

    /** The same of a request for several gateways. */
    static List<Bytes> of(CommandRequest.Asked asked, JsonNode gateways) {
        return List.of(sha256(Bytes.utf8(meaning(asked).set("gateways", gateways).toString())));
    }

    /** The same of a request with secrets for several gateways. */
    static List<Bytes> of(CommandRequest.Asked asked, JsonNode gateways, SealingKeys keys) {
        return keys.marks(Bytes.utf8(meaning(asked).set("gateways", gateways).toString()));
    }

    private static Bytes sha256(Bytes text) {
        try {
            return Bytes.of(MessageDigest.getInstance("SHA-256").digest(text.array()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static ObjectNode meaning(CommandRequest.Asked asked) {
        ObjectNode meaning = JsonNodeFactory.instance.objectNode();
        meaning.put("command", asked.verb());
        meaning.set("parameters", sorted(asked.arguments()));
        meaning.put("ttl_s", asked.ttl().toSeconds());
        asked.timeout().ifPresent(timeout -> meaning.put("timeout_s", timeout.toSeconds()));
        meaning.put("delivery", asked.delivery().name());
        return meaning;
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
