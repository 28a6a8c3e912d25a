package io.viworks.backplane.stream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.viworks.backplane.Keys;
import io.viworks.protocol.AgentId;
import java.nio.charset.StandardCharsets;

/**
 * What all TELEMETRY records of a session have in common, encoded once; the rest goes between and
 * behind. The fields are those of {@link RecordFields}, in the same order, so that Redis keeps them
 * packed. The instance does not change.
 */
public final class TelemetryHead {
    /** Words of the command itself: XADD, stream, MAXLEN, ~, bound, id. */
    private static final int COMMAND = 6;

    private static final int FIELDS = 10;

    private static final byte[] BEGIN = begin(FIELDS);
    private static final byte[] BEGIN_WITH_INSTANCE = begin(FIELDS + 1);
    private static final byte[] FRAME = bytes(out -> Resp.word(out, Fields.FRAME));

    private final boolean hasInstance;
    private final byte[] agent;
    private final byte[] origin;

    private TelemetryHead(boolean hasInstance, byte[] agent, byte[] origin) {
        this.hasInstance = hasInstance;
        this.agent = agent;
        this.origin = origin;
    }

    /** Of a session; the count within it is left open. */
    public static TelemetryHead of(AgentId agent, Origin origin) {
        return new TelemetryHead(
                origin.instanceUid() != null,
                bytes(out -> {
                    Resp.word(out, agent.value());
                    Resp.word(out, Fields.TS);
                }),
                bytes(out -> {
                    field(out, Fields.BRIDGE_ID, origin.bridgeId());
                    field(out, Fields.CONN_ID, origin.connId());
                    field(out, Fields.SESSION_ID, origin.sessionId());
                    if (origin.instanceUid() != null) {
                        field(out, Fields.INSTANCE_UID, origin.instanceUid());
                    }
                    field(out, Fields.EPOCH, origin.epoch());
                    Resp.word(out, Fields.N);
                }));
    }

    private static byte[] begin(int fields) {
        return bytes(out -> {
            Resp.array(out, COMMAND + 2 * fields);
            Resp.word(out, "XADD");
            Resp.word(out, Keys.TELEMETRY);
            Resp.word(out, "MAXLEN");
            Resp.word(out, "~");
            Resp.word(out, StreamBounds.HELLO_AND_TELEMETRY);
            Resp.word(out, "*");
            field(out, Fields.VERSION, RecordFields.V1);
            field(out, Fields.KIND, StreamRecord.Telemetry.KIND);
            Resp.word(out, Fields.AGENT_ID);
        });
    }

    /** Writes the whole XADD of one record. */
    void write(ByteBuf out, String ts, long n, byte[] frame) {
        out.writeBytes(hasInstance ? BEGIN_WITH_INSTANCE : BEGIN);
        out.writeBytes(agent);
        Resp.word(out, ts);
        out.writeBytes(origin);
        Resp.word(out, n);
        out.writeBytes(FRAME);
        Resp.word(out, frame);
    }

    /** Bytes of a record but for its frame, about. */
    int size() {
        return BEGIN.length + agent.length + origin.length + FRAME.length;
    }

    private static void field(ByteBuf out, String name, Object value) {
        Resp.word(out, name);
        Resp.word(out, value.toString().getBytes(StandardCharsets.UTF_8));
    }

    private interface Words {
        void write(ByteBuf out);
    }

    private static byte[] bytes(Words words) {
        ByteBuf out = Unpooled.buffer(512);
        words.write(out);
        return ByteBufUtil.getBytes(out);
    }
}
