package io.viworks.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.backplane.Keys;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.CorrelationId;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Several writers, of which one dies with records in its hands. */
class TakeOverTest {
    private final ResultsFixture fixture = ResultsFixture.onShared();

    @AfterEach
    void close() {
        fixture.close();
    }

    /** A consumer that reads and is never heard of again. */
    private void diesHolding(int records) {
        fixture.redis.command(
                "XGROUP CREATE "
                        + Keys.COMMAND_RESULTS
                        + " "
                        + Keys.GROUP_RESULTS_WRITER
                        + " 0 MKSTREAM");
        String read =
                fixture.redis.command(
                        "XREADGROUP GROUP "
                                + Keys.GROUP_RESULTS_WRITER
                                + " dead COUNT "
                                + records
                                + " STREAMS "
                                + Keys.COMMAND_RESULTS
                                + " >");
        assertThat(read).startsWith("*");
    }

    @Test
    void holdsAResultWhoseRowIsInTheHandsOfAnotherAndThenStoresIt() {
        Gateway gateway = fixture.gateway("gw-1");
        StreamRecord.HandMade made = ResultsFixture.handMade(gateway);
        var _ = gateway.take(made, ResultsFixture.envelope(made));
        diesHolding(1);
        gateway.success(made.correlationId());
        CorrelationId other = fixture.command("gw-1");
        await().until(() -> gateway.taken.contains(other));
        gateway.success(other);

        ResultsFixture.Writer writer = fixture.start("a");
        await().untilAsserted(() ->
                assertThat(fixture.state(other)).as("goes on meanwhile").isEqualTo("SUCCEEDED"));
        await().untilAsserted(() ->
                assertThat(fixture.state(made.correlationId())).isEqualTo("SUCCEEDED"));
        assertThat(fixture.alarms()).isEmpty();
        assertThat(writer.records("foreign")).isZero();
        assertThat(writer.setAside()).isZero();
    }

    @Test
    void handlesWhatADeadWriterReadAndSomeOfItTwiceWithOneEffect() {
        Gateway gateway = fixture.gateway("gw-1");
        List<CorrelationId> ids = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            CorrelationId id = fixture.command("gw-1");
            ids.add(id);
            await().until(() -> gateway.taken.contains(id));
            gateway.ack(id);
            String result = "\"execution_id\":\"" + UUID.randomUUID() + "\",\"status\":\"success\"";
            gateway.result(id, result);
            gateway.result(id, result);
        }
        diesHolding(7);
        var _ = fixture.start("a");
        var _ = fixture.start("b");
        await().untilAsserted(() ->
                assertThat(ids)
                        .allSatisfy(id -> assertThat(fixture.state(id)).isEqualTo("SUCCEEDED")));
        assertThat(fixture.count("select count(*) from agent_command_results")).isEqualTo(4);
        assertThat(fixture.alarms()).isEmpty();
    }

    @Test
    void sweepsOfSeveralWritersSendAnAttemptOnce() {
        List<CorrelationId> waiting = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            waiting.add(fixture.command("gw-1"));
        }
        Gateway gateway = fixture.gateway("gw-1");
        List<Thread> sweeps = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            ResultsFixture.Writer writer = fixture.writer("w" + i, fixture.database.url());
            sweeps.add(Thread.ofVirtual().start(writer.sweep::look));
        }
        await().until(() -> gateway.taken.size() == 4);
        await().until(() -> sweeps.stream().noneMatch(Thread::isAlive));
        assertThat(gateway.taken).isEqualTo(waiting);
        assertThat(fixture.count("select max(attempt) from agent_commands")).isEqualTo(1);
    }
}
