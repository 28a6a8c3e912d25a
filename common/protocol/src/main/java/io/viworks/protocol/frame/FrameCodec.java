package io.viworks.protocol.frame;

/**
 * Frames to and from the bytes of one WebSocket message. Thread-safe.
 *
 * <p>Decoding is strict about what it needs and indifferent to the rest: unknown fields are
 * ignored; missing required ones, wrong types, duplicate keys and nesting deeper than {@link
 * io.viworks.protocol.Limits#MAX_DEPTH} are refused.
 */
public final class FrameCodec {
    /**
     * Reads a frame from an agent.
     *
     * @param json one message in UTF-8
     * @throws BadFrame when it is not a frame an agent may send
     */
    public AgentFrame decodeAgent(byte[] json) throws BadFrame {
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
    public byte[] encodeCommand(
            byte[] envelope, int attempt, @org.jspecify.annotations.Nullable String traceparent) {
        return new byte[0];
    }
}
