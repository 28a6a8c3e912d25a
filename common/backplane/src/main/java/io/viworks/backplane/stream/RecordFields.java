package io.viworks.backplane.stream;

import io.viworks.backplane.stream.StreamRecord.ReleaseReason;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Records to and from the flat fields of a stream entry (spec 3.1). */
public final class RecordFields {
    /** The only version of the fields so far. */
    static final String V1 = "1";

    private RecordFields() {}

    /** The fields as XADD takes them, in the order they are written. */
    public static Map<String, byte[]> of(StreamRecord record) {
        FieldWriter head =
                new FieldWriter().put(Fields.VERSION, V1).put(Fields.KIND, record.kind());
        return switch (record) {
            case StreamRecord.OfHello hello -> hello(head, hello);
            case StreamRecord.Telemetry t -> framed(head, t.agentId(), t, t.origin(), t.frame());
            case StreamRecord.OfCommands command -> CommandFields.write(head, command);
            case StreamRecord.OfResults result -> result(head, result);
            case StreamRecord.Progress p -> framed(head, p.agentId(), p, p.origin(), p.frame());
            case StreamRecord.OfEvents event -> EventFields.write(head, event);
        };
    }

    private static Map<String, byte[]> framed(
            FieldWriter head, Object agent, StreamRecord record, Origin origin, Bytes frame) {
        return head.put(Fields.AGENT_ID, agent)
                .put(Fields.TS, record.ts())
                .put(origin)
                .put(Fields.FRAME, frame)
                .fields();
    }

    private static Map<String, byte[]> hello(FieldWriter head, StreamRecord.OfHello record) {
        return switch (record) {
            case StreamRecord.Hello hello -> {
                head.put(Fields.AUTH, hello.auth())
                        .put(Fields.CREDENTIAL, hello.credential())
                        .put(Fields.IP, hello.ip());
                yield framed(head, hello.agentId(), hello, hello.origin(), hello.frame());
            }
            case StreamRecord.Gone gone ->
                    head.put(Fields.AGENT_ID, gone.agentId())
                            .put(Fields.TS, gone.ts())
                            .put(gone.origin())
                            .put(Fields.CLOSE_CODE, gone.closeCode())
                            .put(Fields.REASON, gone.reason())
                            .fields();
            case StreamRecord.Seen seen ->
                    head.put(Fields.BRIDGE_ID, seen.bridgeId())
                            .put(Fields.TS, seen.ts())
                            .put(Fields.BRIDGE_VERSION, seen.version())
                            .put(Fields.ADDRESS, seen.address())
                            .fields();
            case StreamRecord.Refused refused ->
                    head.put(Fields.AGENT_ID, refused.agentId())
                            .put(Fields.TS, refused.ts())
                            .put(Fields.BRIDGE_ID, refused.bridgeId())
                            .put(Fields.CODE, refused.code())
                            .put(Fields.SKEW_MS, refused.skewMs())
                            .put(Fields.IP, refused.ip())
                            .fields();
        };
    }

    private static Map<String, byte[]> result(FieldWriter head, StreamRecord.OfResults record) {
        return switch (record) {
            case StreamRecord.Result r -> framed(head, r.agentId(), r, r.origin(), r.frame());
            case StreamRecord.Ack a -> framed(head, a.agentId(), a, a.origin(), a.frame());
            case StreamRecord.JobStatus j -> framed(head, j.agentId(), j, j.origin(), j.frame());
            case StreamRecord.Dispatched d ->
                    head.put(Fields.AGENT_ID, d.agentId())
                            .put(Fields.TS, d.ts())
                            .put(Fields.BRIDGE_ID, d.bridgeId())
                            .put(Fields.CORRELATION_ID, d.correlationId())
                            .put(Fields.ATTEMPT, d.attempt())
                            .put(Fields.INSTANCE_UID, d.instanceUid())
                            .put(Fields.ENVELOPE, d.envelope())
                            .fields();
            case StreamRecord.Released r ->
                    head.put(Fields.AGENT_ID, r.agentId())
                            .put(Fields.TS, r.ts())
                            .put(Fields.BRIDGE_ID, r.bridgeId())
                            .put(Fields.CORRELATION_ID, r.correlationId())
                            .put(Fields.ATTEMPT, r.attempt())
                            .put(Fields.REASON, r.reason())
                            .put(Fields.ENVELOPE, r.envelope())
                            .fields();
        };
    }

    /**
     * Reads a record of one stream.
     *
     * @param type the records this stream carries
     * @throws MalformedRecord when the fields are not one of those
     */
    public static <R extends StreamRecord> R read(
            Class<R> type, String id, Map<String, byte[]> fields) throws MalformedRecord {
        // Events have kinds of their own stream: a COMMAND there is no command.
        StreamRecord record =
                StreamRecord.OfEvents.class.isAssignableFrom(type)
                        ? EventFields.read(new FieldReader(fields))
                        : read(id, fields);
        if (!type.isInstance(record)) {
            throw new MalformedRecord("kind " + record.kind() + " does not belong on this stream");
        }
        return type.cast(record);
    }

    /**
     * Reads a record by its kind, or as one made by hand when it has none.
     *
     * @param id of the entry; a hand-made record takes its time, and perhaps its name, from it
     * @throws MalformedRecord when a field is missing or of another form
     */
    public static StreamRecord read(String id, Map<String, byte[]> fields) throws MalformedRecord {
        FieldReader in = new FieldReader(fields);
        String kind = in.optionalText(Fields.KIND);
        if (kind == null) {
            return CommandFields.handMade(id, in);
        }
        if (!V1.equals(in.text(Fields.VERSION))) {
            throw new MalformedRecord("field v must be 1");
        }
        return switch (kind) {
            case "HELLO" -> hello(in);
            case "GONE" ->
                    new StreamRecord.Gone(
                            in.agentId(),
                            in.ts(),
                            in.origin(),
                            in.parsed(Fields.CLOSE_CODE, "a close code", Integer::valueOf),
                            orEmpty(in.optionalText(Fields.REASON)));
            case "SEEN" ->
                    new StreamRecord.Seen(
                            bridgeId(in),
                            in.ts(),
                            orEmpty(in.optionalText(Fields.BRIDGE_VERSION)),
                            orEmpty(in.optionalText(Fields.ADDRESS)));
            case "REFUSED" -> refused(in);
            case "TELEMETRY" ->
                    new StreamRecord.Telemetry(
                            in.agentId(), in.ts(), in.origin(), in.bytes(Fields.FRAME));
            case "RESULT" ->
                    new StreamRecord.Result(
                            in.agentId(), in.ts(), in.origin(), in.bytes(Fields.FRAME));
            case "ACK" ->
                    new StreamRecord.Ack(
                            in.agentId(), in.ts(), in.origin(), in.bytes(Fields.FRAME));
            case "JOB_STATUS" ->
                    new StreamRecord.JobStatus(
                            in.agentId(), in.ts(), in.origin(), in.bytes(Fields.FRAME));
            case "PROGRESS" ->
                    new StreamRecord.Progress(
                            in.agentId(), in.ts(), in.origin(), in.bytes(Fields.FRAME));
            case "DISPATCHED" -> dispatched(in);
            case "RELEASED" -> released(in);
            case "COMMAND" -> CommandFields.command(in);
            case "HAND_MADE" -> CommandFields.handMadeInFull(in);
            case "CANCEL" -> CommandFields.cancel(in);
            case "JOB_QUERY" -> CommandFields.jobQuery(in);
            case "CLOSE" -> CommandFields.close(in);
            default -> throw new MalformedRecord("field kind is none of the known kinds");
        };
    }

    private static StreamRecord hello(FieldReader in) throws MalformedRecord {
        return new StreamRecord.Hello(
                in.agentId(),
                in.ts(),
                in.origin(),
                in.bytes(Fields.FRAME),
                in.named(Fields.AUTH, StreamRecord.Auth.class),
                in.optionalText(Fields.CREDENTIAL),
                orEmpty(in.optionalText(Fields.IP)));
    }

    private static StreamRecord refused(FieldReader in) throws MalformedRecord {
        return new StreamRecord.Refused(
                in.agentId(),
                in.ts(),
                bridgeId(in),
                in.text(Fields.CODE),
                in.optional(Fields.SKEW_MS, "a whole number", Long::valueOf),
                orEmpty(in.optionalText(Fields.IP)));
    }

    private static StreamRecord dispatched(FieldReader in) throws MalformedRecord {
        return new StreamRecord.Dispatched(
                in.agentId(),
                in.ts(),
                bridgeId(in),
                correlationId(in),
                in.attempt(),
                in.instanceUid(),
                in.optionalBytes(Fields.ENVELOPE));
    }

    private static StreamRecord released(FieldReader in) throws MalformedRecord {
        return new StreamRecord.Released(
                in.agentId(),
                in.ts(),
                bridgeId(in),
                correlationId(in),
                in.attempt(),
                in.named(Fields.REASON, ReleaseReason.class),
                in.optionalBytes(Fields.ENVELOPE));
    }

    private static BridgeId bridgeId(FieldReader in) throws MalformedRecord {
        return in.parsed(Fields.BRIDGE_ID, "a lower-case UUID", BridgeId::of);
    }

    private static CorrelationId correlationId(FieldReader in) throws MalformedRecord {
        return in.parsed(Fields.CORRELATION_ID, "a lower-case UUID", CorrelationId::of);
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
