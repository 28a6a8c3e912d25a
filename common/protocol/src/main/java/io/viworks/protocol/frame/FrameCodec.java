package io.viworks.protocol.frame;

import io.viworks.protocol.Limits;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Frames to and from the bytes of one WebSocket message (spec 2, 2.2–2.4). Thread-safe.
 *
 * <p>Decoding is strict about what it needs and indifferent to the rest: unknown fields are
 * ignored; missing required ones, wrong types, duplicate keys and nesting deeper than {@link
 * Limits#MAX_DEPTH} are refused. Every text it returns is storable: U+0000 and lone surrogates have
 * become U+FFFD.
 *
 * <p>What cannot be stored is left out of an <em>agent's</em> frame and told to {@link Drops}:
 * measured numbers outside their column's range, instants more than {@link Limits#MAX_INSTANT_SKEW}
 * from arrival. The same bytes with the same arrival give the same frame, so a writer that decodes
 * a record sees what the bridge saw. A number that identifies ({@code attempt}, {@code seq}, {@code
 * protocol_version}) is refused instead. In a <em>bridge's</em> frame and in an envelope nothing is
 * left out: nobody may act on half a command.
 */
public final class FrameCodec {
    private final Drops drops;

    /** A codec that counts nothing. */
    public FrameCodec() {
        this(Drops.IGNORED);
    }

    public FrameCodec(Drops drops) {
        this.drops = drops;
    }

    /** Whether the bytes are UTF-8; a socket closes with 1007 when they are not. */
    public static boolean isUtf8(byte[] text) {
        return Utf8.isValid(text);
    }

    /**
     * Reads a frame from an agent.
     *
     * @param json one message in UTF-8
     * @param arrival when the bridge received it
     * @throws BadFrame when it is not a frame an agent may send
     */
    public AgentFrame decodeAgent(byte[] json, Instant arrival) throws BadFrame {
        StrictJson.Document document = StrictJson.read(json);
        String type = type(document.root());
        if (type.equals("HELLO") && json.length > Limits.MAX_HELLO_BYTES) {
            throw new BadFrame(
                    ErrorFrameCode.HELLO_TOO_BIG,
                    "HELLO must be at most " + Limits.MAX_HELLO_BYTES + " bytes");
        }
        Fields.Reading reading = new Fields.Reading.Lenient(type, arrival, drops);
        AgentFrame frame = AgentFrameReader.read(type, new Fields(document.root(), reading), drops);
        for (int i = 0; i < document.unstorable(); i++) {
            drops.dropped(type, "*");
        }
        return frame;
    }

    /**
     * Reads a frame from a bridge.
     *
     * @param json one message in UTF-8
     * @throws BadFrame when it is not a frame a bridge may send
     */
    public BridgeFrame decodeBridge(byte[] json) throws BadFrame {
        ObjectNode root = decodeObject(json);
        return BridgeFrameReader.read(type(root), new Fields(root, new Fields.Reading.Strict()));
    }

    /**
     * Reads an envelope's bytes.
     *
     * @throws BadFrame when a field is missing or of another form
     */
    public Envelope decodeEnvelope(byte[] json) throws BadFrame {
        return BridgeFrameReader.envelope(
                new Fields(decodeObject(json), new Fields.Reading.Strict()));
    }

    /**
     * Reads any JSON object by the codec's rules: strict, bounded, every value storable.
     *
     * @throws BadFrame when it is not one, or a number is beyond a double's range
     */
    public ObjectNode decodeObject(byte[] json) throws BadFrame {
        StrictJson.Document document = StrictJson.read(json);
        if (document.unstorable() > 0) {
            throw new BadFrame(
                    ErrorFrameCode.BAD_FRAME, "every number must be within a double's range");
        }
        return document.root();
    }

    /** The frame as UTF-8 JSON, compact, {@code type} first. */
    public byte[] encode(Frame frame) {
        return JsonText.object(json -> FrameWriter.write(frame, json));
    }

    /** The envelope as UTF-8 JSON: the bytes that are stored, signed and carried. */
    public byte[] encodeEnvelope(Envelope envelope) {
        return JsonText.object(json -> FrameWriter.envelope(envelope, json));
    }

    /** The tree as compact UTF-8 JSON, every string made storable. */
    public byte[] encodeObject(ObjectNode object) {
        return JsonText.bytes(object);
    }

    /**
     * The COMMAND frame around the envelope's own bytes, which stay as they are: {@code type},
     * {@code attempt}, {@code traceparent} and the fields of the envelope in one object.
     *
     * @param envelope as {@link #encodeEnvelope} made it
     * @throws IllegalArgumentException when the bytes are no object with a field
     */
    public byte[] encodeCommand(byte[] envelope, int attempt, @Nullable String traceparent) {
        if (envelope.length < 3 || envelope[0] != '{' || envelope[1] != '"') {
            throw new IllegalArgumentException("an envelope must be a compact JSON object");
        }
        byte[] head = commandHead(attempt, traceparent);
        ByteArrayOutputStream frame = new ByteArrayOutputStream(head.length + envelope.length);
        frame.write(head, 0, head.length - 1);
        frame.write(',');
        frame.write(envelope, 1, envelope.length - 1);
        return frame.toByteArray();
    }

    private static byte[] commandHead(int attempt, @Nullable String traceparent) {
        if (traceparent == null) {
            return ("{\"type\":\"COMMAND\",\"attempt\":" + attempt + "}")
                    .getBytes(StandardCharsets.US_ASCII);
        }
        return JsonText.object(json -> {
            json.text("type", "COMMAND");
            json.number("attempt", attempt);
            json.text("traceparent", traceparent);
        });
    }

    private static String type(ObjectNode root) throws BadFrame {
        JsonNode type = root.get("type");
        if (type == null || !type.isString()) {
            throw new BadFrame(ErrorFrameCode.BAD_FRAME, "type must be a string");
        }
        return type.stringValue();
    }
}
