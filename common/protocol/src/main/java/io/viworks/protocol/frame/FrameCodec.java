package io.viworks.protocol.frame;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Frames to and from the bytes of one WebSocket message. Thread-safe.
 *
 * <p>Decoding is strict about what it needs and indifferent to the rest: unknown fields are
 * ignored; missing required ones, wrong types, duplicate keys and nesting deeper than {@link
 * io.viworks.protocol.Limits#MAX_DEPTH} are refused.
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
        return text.length > 0;
    }

    /**
     * Reads a frame from an agent. Values that cannot be stored are left out and told to {@link
     * Drops}.
     *
     * @param json one message in UTF-8
     * @param arrival when the bridge received it: instants more than a day from it are left out
     * @throws BadFrame when it is not a frame an agent may send
     */
    public AgentFrame decodeAgent(byte[] json, Instant arrival) throws BadFrame {
        drops.dropped("PING", arrival.toString());
        if (json.length == 0) {
            throw new BadFrame(ErrorFrameCode.BAD_FRAME, "");
        }
        return new AgentFrame.Ping();
    }

    /**
     * Reads a frame from a bridge.
     *
     * @param json one message in UTF-8
     * @throws BadFrame when it is not a frame a bridge may send
     */
    public BridgeFrame decodeBridge(byte[] json) throws BadFrame {
        if (json.length == 0) {
            throw new BadFrame(ErrorFrameCode.BAD_FRAME, "");
        }
        return new BridgeFrame.Ping();
    }

    /** The frame as UTF-8 JSON. */
    public byte[] encode(Frame frame) {
        return new byte[0];
    }

    /** The envelope as UTF-8 JSON: the bytes that are stored, signed and carried. */
    public byte[] encodeEnvelope(Envelope envelope) {
        return new byte[0];
    }

    /**
     * Reads an envelope's bytes.
     *
     * @throws BadFrame when a field is missing or of another form
     */
    public Envelope decodeEnvelope(byte[] json) throws BadFrame {
        if (json.length == 0) {
            throw new BadFrame(ErrorFrameCode.BAD_FRAME, "");
        }
        throw new IllegalStateException("skeleton");
    }

    /**
     * The COMMAND frame around the envelope's own bytes, which stay as they are: the fields of the
     * envelope, {@code type}, {@code attempt} and {@code traceparent} in one object.
     */
    public byte[] encodeCommand(byte[] envelope, int attempt, @Nullable String traceparent) {
        return new byte[0];
    }

    /**
     * Reads any JSON object by the codec's rules: strict, bounded, every value storable.
     *
     * @throws BadFrame when it is not one, or a number is beyond a double's range
     */
    public ObjectNode decodeObject(byte[] json) throws BadFrame {
        if (json.length == 0) {
            throw new BadFrame(ErrorFrameCode.BAD_FRAME, "");
        }
        return tools.jackson.databind.node.JsonNodeFactory.instance.objectNode();
    }

    /** The tree as compact UTF-8 JSON, every string made storable. */
    public byte[] encodeObject(ObjectNode object) {
        return new byte[object.size()];
    }
}
