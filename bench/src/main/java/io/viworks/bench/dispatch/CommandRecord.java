package io.viworks.bench.dispatch;

import io.viworks.backplane.Keys;
import io.viworks.backplane.stream.RecordFields;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** A command as admin-api writes it to the public door, in the words of Redis' protocol. */
public final class CommandRecord {
    private CommandRecord() {}

    /** An XADD of the first attempt at an agent without a journal, made now. */
    public static Object[] added(AgentId agent, UUID id, String life) {
        Instant now = Instant.now();
        String envelope =
                """
                {"correlation_id":"%s","agent_id":"%s","verb":"check_status","args":{"unit":"openvpn@server"},\
                "issued_at":"%s","expires_at":"%s","nonce":"%s","timeout_s":30,"issued_by":"bench"}\
                """
                        .formatted(id, agent, now, now.plusSeconds(60), UUID.randomUUID());
        List<Object> words = new ArrayList<>(List.of("XADD", Keys.COMMANDS, "*"));
        RecordFields.of(
                        new StreamRecord.Command(
                                agent,
                                now,
                                new CorrelationId(id),
                                1,
                                life,
                                null,
                                new StreamRecord.Payload.Clear(Bytes.utf8(envelope), null),
                                null))
                .forEach((name, value) -> {
                    words.add(name);
                    words.add(value);
                });
        return words.toArray();
    }
}
