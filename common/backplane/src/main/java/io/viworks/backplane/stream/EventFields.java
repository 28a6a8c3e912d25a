package io.viworks.backplane.stream;

import io.viworks.protocol.CorrelationId;
import java.util.Map;
import java.util.UUID;

/** The records of {@code viw.events} to and from flat fields. */
final class EventFields {
    private EventFields() {}

    static Map<String, byte[]> write(FieldWriter head, StreamRecord.OfEvents record) {
        return switch (record) {
            case GatewayEvent event -> {
                head.put(Fields.AGENT_ID, event.agentId())
                        .put(Fields.TS, event.ts())
                        .put(Fields.WHAT, event.what());
                event.facts().forEach((name, value) -> head.put(Fields.FACT + name, value));
                yield head.fields();
            }
            case CommandEvent event ->
                    head.put(Fields.AGENT_ID, event.agentId())
                            .put(Fields.TS, event.ts())
                            .put(Fields.CORRELATION_ID, event.correlationId())
                            .put(Fields.BATCH_ID, event.batchId())
                            .put(Fields.VERB, event.verb())
                            .put(Fields.STATE, event.state())
                            .put(Fields.ENDED_BY, event.endedBy())
                            .put(Fields.ERROR_CODE, event.errorCode())
                            .put(Fields.ATTEMPT, event.attempt())
                            .fields();
            case LostEvents lost ->
                    head.put(Fields.TS, lost.ts()).put(Fields.COUNT, lost.count()).fields();
        };
    }

    static StreamRecord read(FieldReader in) throws MalformedRecord {
        if (!RecordFields.V1.equals(in.text(Fields.VERSION))) {
            throw new MalformedRecord("field v must be 1");
        }
        return switch (in.text(Fields.KIND)) {
            case "GATEWAY" ->
                    new GatewayEvent(
                            in.agentId(),
                            in.ts(),
                            in.named(Fields.WHAT, GatewayEvent.What.class),
                            in.prefixed(Fields.FACT, GatewayEvent.MAX_FACTS));
            case "COMMAND" ->
                    new CommandEvent(
                            in.agentId(),
                            in.ts(),
                            in.parsed(
                                    Fields.CORRELATION_ID, "a lower-case UUID", CorrelationId::of),
                            in.optional(Fields.BATCH_ID, "a UUID", UUID::fromString),
                            in.text(Fields.VERB),
                            in.text(Fields.STATE),
                            in.optionalText(Fields.ENDED_BY),
                            in.optionalText(Fields.ERROR_CODE),
                            in.parsed(Fields.ATTEMPT, "a whole number", Integer::valueOf));
            case "LOST" -> new LostEvents(in.ts(), in.number(Fields.COUNT));
            default -> throw new MalformedRecord("field kind is none of this stream's");
        };
    }
}
