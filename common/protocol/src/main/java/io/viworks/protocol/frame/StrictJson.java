package io.viworks.protocol.frame;

import io.viworks.protocol.Limits;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads one JSON object out of bytes, refusing whatever two readers could understand differently:
 * other encodings, duplicate keys, a second value. Keys and strings come out storable; keys that
 * become equal by that are duplicates. A number beyond a double's range becomes null and is
 * counted.
 */
final class StrictJson {
    private static final JsonFactory FACTORY =
            JsonFactory.builder()
                    // Keys are the agents' to choose: no table of theirs is shared or kept.
                    .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
                    .disable(TokenStreamFactory.Feature.INTERN_PROPERTY_NAMES)
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNestingDepth(Limits.MAX_DEPTH)
                                    .maxNumberLength(Limits.MAX_NUMBER_LENGTH)
                                    .build())
                    .build();

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private static final JsonNode UNSTORABLE = new Unstorable();

    private final JsonParser parser;
    private int unstorable;

    private StrictJson(JsonParser parser) {
        this.parser = parser;
    }

    private static final class Unstorable extends NullNode {}

    /** Whether this null stands for a number beyond a double's range. */
    static boolean isUnstorable(@Nullable JsonNode value) {
        return value instanceof Unstorable;
    }

    /**
     * What was read.
     *
     * @param unstorable how many numbers became null
     */
    record Document(ObjectNode root, int unstorable) {}

    /**
     * Reads the one object.
     *
     * @throws BadFrame when the bytes are anything else
     */
    static Document read(byte[] json) throws BadFrame {
        if (!Utf8.isValid(json)) {
            throw bad("the frame must be UTF-8");
        }
        // As characters: from bytes, Jackson guesses the encoding and refuses lone surrogates in
        // keys.
        String text = new String(json, StandardCharsets.UTF_8);
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw bad("the frame must be one JSON object");
            }
            StrictJson reader = new StrictJson(parser);
            ObjectNode root = reader.object();
            if (parser.nextToken() != null) {
                throw bad("nothing may follow the JSON object");
            }
            return new Document(root, reader.unstorable);
        } catch (tools.jackson.core.exc.StreamConstraintsException e) {
            throw bad(
                    "the frame must nest at most %d deep, with numbers of at most %d characters"
                            .formatted(Limits.MAX_DEPTH, Limits.MAX_NUMBER_LENGTH));
        } catch (JacksonException e) {
            // Jackson's own message may quote the frame.
            throw bad("the frame must be well-formed JSON");
        }
    }

    private ObjectNode object() throws BadFrame {
        ObjectNode object = NODES.objectNode();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = StorableText.of(parser.currentName());
            parser.nextToken();
            if (object.has(key)) {
                throw bad("no key may stand twice in an object");
            }
            object.set(key, value());
        }
        return object;
    }

    private ArrayNode array() throws BadFrame {
        ArrayNode array = NODES.arrayNode();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            array.add(value());
        }
        return array;
    }

    private JsonNode value() throws BadFrame {
        return switch (parser.currentToken()) {
            case START_OBJECT -> object();
            case START_ARRAY -> array();
            case VALUE_STRING -> NODES.stringNode(StorableText.of(parser.getString()));
            case VALUE_NUMBER_INT -> integer();
            case VALUE_NUMBER_FLOAT -> storable(parser.getDoubleValue());
            case VALUE_TRUE -> NODES.booleanNode(true);
            case VALUE_FALSE -> NODES.booleanNode(false);
            case VALUE_NULL -> NODES.nullNode();
            default -> throw bad("the frame must be well-formed JSON");
        };
    }

    private JsonNode integer() {
        return switch (parser.getNumberType()) {
            case INT -> NODES.numberNode(parser.getIntValue());
            case LONG -> NODES.numberNode(parser.getLongValue());
            default -> {
                BigInteger big = parser.getBigIntegerValue();
                yield Double.isFinite(big.doubleValue())
                        ? NODES.numberNode(big)
                        : storable(Double.NaN);
            }
        };
    }

    private JsonNode storable(double number) {
        if (Double.isFinite(number)) {
            return NODES.numberNode(number);
        }
        unstorable++;
        return UNSTORABLE;
    }

    private static BadFrame bad(String problem) {
        return new BadFrame(ErrorFrameCode.BAD_FRAME, problem);
    }
}
