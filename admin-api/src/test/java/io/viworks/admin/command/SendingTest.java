package io.viworks.admin.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.delivery.CommandSender;
import io.viworks.backplane.ownership.Owner;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.ledger.Accepted;
import io.viworks.ledger.Delivery;
import io.viworks.ledger.Ledger;
import io.viworks.ledger.LedgerLimits;
import io.viworks.ledger.NewCommand;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.SessionId;
import io.viworks.service.trace.Tracing;
import io.viworks.testkit.TestPostgres;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.support.TransactionTemplate;

/** What becomes of a claimed command that this process itself could not write (spec 3.4). */
final class SendingTest {
    private static final AgentId AGENT = AgentId.of("gw");

    private final TestPostgres.Database database = TestPostgres.shared().database();
    private final JdbcClient jdbc;
    private final Ledger ledger;

    SendingTest() {
        TestPostgres.Database login = database.as("admin_api");
        DriverManagerDataSource source =
                new DriverManagerDataSource(login.url(), login.user(), login.password());
        jdbc = JdbcClient.create(source);
        ledger =
                new Ledger(
                        new JdbcTemplate(source),
                        new TransactionTemplate(new DataSourceTransactionManager(source)),
                        LedgerLimits.standard());
    }

    private StreamRecord.Command claimed(Delivery delivery) {
        Instant now = Instant.now();
        Accepted accepted =
                ledger.accept(
                        new NewCommand(
                                new CorrelationId(UUID.randomUUID()),
                                AGENT,
                                "echo",
                                "{}",
                                new StreamRecord.Payload.Clear(
                                        Bytes.of("{}".getBytes(StandardCharsets.UTF_8)), null),
                                null,
                                delivery,
                                null,
                                Bytes.of(new byte[32]),
                                null,
                                "otto",
                                "192.0.2.7",
                                now,
                                now.plusSeconds(60),
                                5),
                        new Owner(
                                BridgeId.of("11111111-1111-4111-8111-111111111111"),
                                SessionId.of("22222222-2222-4222-8222-222222222222"),
                                1,
                                InstanceUid.of("33333333-3333-4333-8333-333333333333")));
        assertThat(accepted).isInstanceOf(Accepted.Claimed.class);
        return ((Accepted.Claimed) accepted).record();
    }

    private void sendWithoutRedis(StreamRecord.Command command) {
        try (RedisConnections away = RedisConnections.open("redis://127.0.0.1:1", "test")) {
            new Sending(new CommandSender(away), ledger, Tracing.off(), new SimpleMeterRegistry())
                    .send(command);
        }
    }

    private String row(StreamRecord.Command command) {
        return jdbc.sql(
                        """
                        select concat_ws('|', state, attempt, released, reason)
                        from agent_commands where correlation_id = :id
                        """)
                .param("id", command.correlationId().value())
                .query(String.class)
                .single();
    }

    @Test
    void aCommandThatWasNeverWrittenWaitsAgain() {
        StreamRecord.Command command = claimed(Delivery.QUEUE);
        sendWithoutRedis(command);
        assertThat(row(command)).isEqualTo("QUEUED|1|1");
    }

    @Test
    void anImmediateOneHasEndedByThat() {
        StreamRecord.Command command = claimed(Delivery.IMMEDIATE);
        sendWithoutRedis(command);
        assertThat(row(command)).isEqualTo("REJECTED|1|1|offline");
    }
}
