package io.viworks.backplane.stream;

import io.viworks.backplane.stream.StreamRecord.Payload;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.SessionId;
import io.viworks.protocol.Uuids;
import io.viworks.protocol.frame.BridgeFrame.CancelMode;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The fields of what {@code viw.commands} and the bridges' own streams carry. */
final class CommandFields {
    /** How long a record made by hand is good for, when it does not say. */
    private static final int HAND_MADE_TTL_S = 60;

    private static final int MAX_TTL_S = 7 * 24 * 3600;

    /** Under which a hand-made record's id becomes a correlation id. Never changes. */
    private static final UUID RECORD_IDS = UUID.fromString("6f1d7a52-3b0e-5c7c-9c39-0d8a1b6d2f41");

    private CommandFields() {}

    static Map<String, byte[]> write(FieldWriter head, StreamRecord.OfCommands record) {
        head.put(Fields.AGENT_ID, record.agentId()).put(Fields.TS, record.ts());
        return switch (record) {
            case StreamRecord.Command command -> {
                head.put(Fields.CORRELATION_ID, command.correlationId())
                        .put(Fields.ATTEMPT, command.attempt())
                        .put(Fields.INSTANCE_UID, command.instanceUid())
                        .put(Fields.TRACEPARENT, command.traceparent());
                if (!command.life().isEmpty()) {
                    head.put(Fields.LIFE, command.life());
                }
                yield payload(head, command.payload());
            }
            case StreamRecord.HandMade made ->
                    head.put(Fields.CORRELATION_ID, made.correlationId())
                            .put(Fields.COMMAND, made.command())
                            .put(Fields.PARAMS, made.params())
                            .put(Fields.EXPIRES_AT, made.expiresAt())
                            .fields();
            case StreamRecord.Cancel cancel ->
                    head.put(Fields.CORRELATION_ID, cancel.correlationId())
                            .put(Fields.EXPIRES_AT, cancel.expiresAt())
                            .put(Fields.MODE, cancel.mode())
                            .put(Fields.INSTANCE_UID, cancel.instanceUid())
                            .fields();
            case StreamRecord.JobQuery query ->
                    head.put(Fields.CORRELATION_IDS, joined(query.correlationIds()))
                            .put(Fields.INSTANCE_UID, query.instanceUid())
                            .fields();
            case StreamRecord.Close close ->
                    head.put(Fields.SESSION_ID, close.sessionId())
                            .put(Fields.CODE, close.code())
                            .fields();
        };
    }

    private static Map<String, byte[]> payload(FieldWriter head, Payload payload) {
        return switch (payload) {
            case Payload.Clear(var envelope, var jws) ->
                    head.put(Fields.ENVELOPE, envelope).put(Fields.JWS, jws).fields();
            case Payload.Sealed(var sealed) -> head.put(Fields.SEALED, sealed).fields();
        };
    }

    private static String joined(List<CorrelationId> ids) {
        return ids.stream().map(CorrelationId::toString).collect(Collectors.joining(","));
    }

    static StreamRecord command(FieldReader in) throws MalformedRecord {
        return new StreamRecord.Command(
                in.agentId(),
                in.ts(),
                correlationId(in),
                in.attempt(),
                in.text(Fields.LIFE),
                in.instanceUid(),
                payload(in),
                in.optionalText(Fields.TRACEPARENT));
    }

    private static Payload payload(FieldReader in) throws MalformedRecord {
        Bytes envelope = in.optionalBytes(Fields.ENVELOPE);
        Bytes sealed = in.optionalBytes(Fields.SEALED);
        if (envelope != null && sealed == null) {
            return new Payload.Clear(envelope, in.optionalText(Fields.JWS));
        }
        if (sealed != null && envelope == null) {
            return new Payload.Sealed(sealed);
        }
        throw new MalformedRecord("exactly one of envelope and sealed is required");
    }

    /** The short form: without {@code kind}, good for a minute from the record's own time. */
    static StreamRecord handMade(String id, FieldReader in) throws MalformedRecord {
        if (in.optionalText(Fields.COMMAND) == null) {
            throw new MalformedRecord(
                    "field kind is missing, and command, which makes a record by hand, too");
        }
        CorrelationId named =
                in.optional(Fields.CORRELATION_ID, "a lower-case UUID", CorrelationId::of);
        Integer ttl = in.optional(Fields.TTL_S, "a whole number", Integer::valueOf);
        int ttlS = ttl == null ? HAND_MADE_TTL_S : ttl;
        if (ttlS < 1 || ttlS > MAX_TTL_S) {
            throw new MalformedRecord("field ttl_s must be 1 to " + MAX_TTL_S);
        }
        Instant made = StreamIds.time(id);
        return new StreamRecord.HandMade(
                in.agentId(),
                made,
                named == null ? new CorrelationId(Uuids.nameBased(RECORD_IDS, id)) : named,
                in.text(Fields.COMMAND),
                orNoParams(in.optionalText(Fields.PARAMS)),
                made.plus(Duration.ofSeconds(ttlS)));
    }

    /** As a bridge passes one on: what followed from the record's id stands in fields. */
    static StreamRecord handMadeInFull(FieldReader in) throws MalformedRecord {
        return new StreamRecord.HandMade(
                in.agentId(),
                in.ts(),
                correlationId(in),
                in.text(Fields.COMMAND),
                orNoParams(in.optionalText(Fields.PARAMS)),
                in.instant(Fields.EXPIRES_AT));
    }

    private static String orNoParams(@Nullable String params) {
        return params == null ? "{}" : params;
    }

    static StreamRecord cancel(FieldReader in) throws MalformedRecord {
        return new StreamRecord.Cancel(
                in.agentId(),
                in.ts(),
                correlationId(in),
                in.instant(Fields.EXPIRES_AT),
                in.named(Fields.MODE, CancelMode.class),
                in.instanceUid());
    }

    static StreamRecord jobQuery(FieldReader in) throws MalformedRecord {
        List<CorrelationId> ids =
                in.parsed(
                        Fields.CORRELATION_IDS,
                        "lower-case UUIDs between commas",
                        text -> Arrays.stream(text.split(",", -1)).map(CorrelationId::of).toList());
        return new StreamRecord.JobQuery(in.agentId(), in.ts(), ids, in.instanceUid());
    }

    static StreamRecord close(FieldReader in) throws MalformedRecord {
        return new StreamRecord.Close(
                in.agentId(),
                in.ts(),
                in.parsed(Fields.SESSION_ID, "a lower-case UUID", SessionId::of),
                in.parsed(Fields.CODE, "a close code", Integer::valueOf));
    }

    private static CorrelationId correlationId(FieldReader in) throws MalformedRecord {
        return in.parsed(Fields.CORRELATION_ID, "a lower-case UUID", CorrelationId::of);
    }
}
