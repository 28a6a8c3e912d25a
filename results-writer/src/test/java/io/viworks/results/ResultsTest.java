package io.viworks.results;

import static java.util.Collections.frequency;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.backplane.delivery.Delivered;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.ledger.Delivery;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.InstanceUid;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a results-writer makes of what bridges write, through real streams and a real database. */
class ResultsTest {
    /** Commands that are out at a gateway, in one look at the ledger. */
    private static final String OUT =
            "select count(*) from agent_commands where attempt > released and finished_at is null";

    private final ResultsFixture fixture = ResultsFixture.onShared();

    @AfterEach
    void close() {
        fixture.close();
    }

    private void ends(CorrelationId id, String state) {
        await().untilAsserted(() -> assertThat(fixture.state(id)).isEqualTo(state));
    }

    private CorrelationId taken(Gateway gateway, CorrelationId id) {
        await().until(() -> gateway.taken.contains(id));
        return id;
    }

    @Test
    void followsACommandFromItsAcceptanceToItsResult() {
        var _ = fixture.start("a");
        Gateway gateway = fixture.gateway("gw-1");
        CorrelationId id = taken(gateway, fixture.command("gw-1"));
        ends(id, "DISPATCHED");
        gateway.ack(id);
        ends(id, "ACKED");
        gateway.result(
                id,
                """
                "execution_id":"%s","status":"success","rc":0,"stdout":"hello",
                "data":{"answer":42},"duration_ms":7
                """
                        .formatted(UUID.randomUUID()));
        ends(id, "SUCCEEDED");
        assertThat(
                        fixture.db.queryForMap(
                                "select command, rc, stdout_redacted, data::text, duration_ms,"
                                        + " stdout_bytes from agent_command_results"))
                .containsEntry("command", "echo")
                .containsEntry("rc", 0)
                .containsEntry("stdout_redacted", "hello")
                .containsEntry("data", "{\"answer\": 42}")
                .containsEntry("duration_ms", 7L)
                .containsEntry("stdout_bytes", 5);
    }

    /** Dispatch, ACK and RESULT may be one batch by then: nothing of them is lost in it. */
    @Test
    void keepsEveryTimeOfAQuickCommand() {
        var writer = fixture.start("a");
        Gateway gateway = fixture.gateway("gw-1");
        CorrelationId id = taken(gateway, fixture.command("gw-1"));
        gateway.ack(id);
        gateway.success(id);
        ends(id, "SUCCEEDED");
        assertThat(
                        fixture.db.queryForMap(
                                "select dispatched_at <= acked_at as acked,"
                                        + " acked_at <= finished_at as finished"
                                        + " from agent_commands"))
                .containsEntry("acked", true)
                .containsEntry("finished", true);
        await().untilAsserted(() ->
                assertThat(List.of("dispatched", "acked", "finished"))
                        .allSatisfy(step ->
                                assertThat(
                                                writer.meters
                                                        .timer("viw.commands.latency", "step", step)
                                                        .count())
                                        .isEqualTo(1)));
    }

    @Test
    void tellsEveryMoveOnceAfterItsCommit() {
        var writer = fixture.start("a");
        Gateway gateway = fixture.gateway("gw-1");
        CorrelationId id = taken(gateway, fixture.command("gw-1"));
        ends(id, "DISPATCHED");
        gateway.ack(id);
        ends(id, "ACKED");
        gateway.ack(id);
        gateway.success(id);
        ends(id, "SUCCEEDED");
        CorrelationId cancelled = fixture.command("gw-2");
        fixture.db.update(
                "update agent_commands set cancel_requested_at = now() where correlation_id = ?",
                cancelled.value());
        writer.sweep.look();
        await().untilAsserted(() -> {
            assertThat(fixture.told(id))
                    .containsExactly("DISPATCHED 1", "ACKED 1", "SUCCEEDED 1 result");
            assertThat(fixture.told(cancelled)).containsExactly("CANCELLED 0 ledger");
        });
    }

    @Test
    void sendsWhatWaitsWhenASessionBegins() {
        var _ = fixture.start("a");
        CorrelationId id = fixture.command("gw-1");
        Gateway gateway = fixture.gateway("gw-1");
        CorrelationId _ = taken(gateway, id);
        ends(id, "DISPATCHED");
    }

    @Test
    void keepsFourInFlightAndSendsTheRestInOrderAsTheyEnd() {
        var _ = fixture.start("a");
        Gateway gateway = fixture.gateway("gw-1");
        List<CorrelationId> all = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            all.add(fixture.command("gw-1"));
        }
        for (int i = 0; i < all.size(); i++) {
            int next = i;
            await().until(() -> gateway.taken.size() > next);
            assertThat(gateway.taken.size() - next).isLessThanOrEqualTo(4);
            assertThat(fixture.count(OUT)).isLessThanOrEqualTo(4);
            gateway.ack(gateway.taken.get(next));
            gateway.success(gateway.taken.get(next));
        }
        all.forEach(id -> ends(id, "SUCCEEDED"));
        assertThat(gateway.taken).isEqualTo(all);
    }

    @Test
    void countsACommandOnceHoweverOftenItsSilentCopyIsSentAgain() {
        fixture.copiesAreSoonSilent();
        var _ = fixture.start("a");
        Gateway gateway = fixture.gateway("gw-1");
        List<CorrelationId> all = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            all.add(fixture.command("gw-1"));
        }
        List<CorrelationId> first = all.subList(0, 4);
        sweepUntil(() -> first.stream().allMatch(id -> frequency(gateway.taken, id) > 1));
        assertThat(gateway.taken.stream().distinct()).containsExactlyElementsOf(first);
        assertThat(fixture.count(OUT)).isEqualTo(4);
        first.forEach(gateway::success);
        first.forEach(id -> ends(id, "SUCCEEDED"));
        sweepUntil(() -> gateway.taken.containsAll(all));
        assertThat(fixture.count(OUT)).isEqualTo(2);
        assertThat(fixture.alarms()).isEmpty();
    }

    @Test
    void storesARepeatedResultOnce() {
        ResultsFixture.Writer writer = fixture.start("a");
        Gateway gateway = fixture.gateway("gw-1");
        CorrelationId id = taken(gateway, fixture.command("gw-1"));
        String result = "\"execution_id\":\"" + UUID.randomUUID() + "\",\"status\":\"success\"";
        gateway.result(id, result);
        gateway.result(id, result);
        await().until(() -> writer.records("duplicate") == 1);
        assertThat(fixture.count("select count(*) from agent_command_results")).isEqualTo(1);
        assertThat(fixture.alarms()).isEmpty();
    }

    @Test
    void namesTheRunOfAResultWithoutAnIdByItsBytes() {
        ResultsFixture.Writer writer = fixture.start("a");
        Gateway gateway = fixture.gateway("gw-1");
        CorrelationId id = taken(gateway, fixture.command("gw-1"));
        gateway.result(id, "\"status\":\"success\"");
        gateway.result(id, "\"status\":\"success\"");
        await().until(() -> writer.records("duplicate") == 1);
        assertThat(fixture.alarms()).isEmpty();
    }

    @Test
    void showsThatACommandRanTwice() {
        ResultsFixture.Writer writer = fixture.start("a");
        Gateway gateway = fixture.gateway("gw-1");
        CorrelationId id = taken(gateway, fixture.command("gw-1"));
        gateway.success(id);
        gateway.success(id);
        await().untilAsserted(() -> assertThat(fixture.alarms()).containsExactly("double_run"));
        await().untilAsserted(() ->
                assertThat(writer.meters.counter("viw.commands.double.runs").count()).isEqualTo(1));
    }

    @Test
    void callsAResultNobodyAskedForForeign() {
        ResultsFixture.Writer writer = fixture.start("a");
        Gateway gateway = fixture.gateway("gw-1");
        gateway.success(new CorrelationId(UUID.randomUUID()));
        await().untilAsserted(() -> assertThat(fixture.alarms()).containsExactly("foreign_result"));
        await().untilAsserted(() -> assertThat(writer.records("foreign")).isEqualTo(1));
        assertThat(writer.setAside()).isZero();
    }

    @Test
    void believesNoGatewayAboutAnothersCommand() {
        ResultsFixture.Writer writer = fixture.start("a");
        Gateway gateway = fixture.gateway("gw-1");
        Gateway other = fixture.gateway("gw-2");
        CorrelationId id = taken(gateway, fixture.command("gw-1"));
        ends(id, "DISPATCHED");
        other.ack(id);
        other.success(id);
        await().until(() -> writer.records("foreign") == 2);
        assertThat(fixture.state(id)).isEqualTo("DISPATCHED");
    }

    @Test
    void masksSecretsInWhatItStores() {
        var _ = fixture.start("a");
        Gateway gateway = fixture.gateway("gw-1");
        CorrelationId id = taken(gateway, fixture.command("gw-1"));
        gateway.result(
                id,
                """
                "status":"error","stdout":"password=hunter2 ok","stderr":"Bearer abcdefgh12345678",
                "data":{"token":"t0ps3cret","plain":"x"},"error":{"code":"ExecFailed",
                "msg":"postgres://u:pa55@h/db refused"}
                """);
        ends(id, "FAILED");
        String stored =
                String.valueOf(
                        fixture.db.queryForObject(
                                "select r::text from agent_command_results r", String.class));
        assertThat(stored)
                .contains("ok", "plain", "[redacted]")
                .doesNotContain("hunter2", "abcdefgh12345678", "t0ps3cret", "pa55");
        assertThat(fixture.column(id, "reason")).doesNotContain("pa55");
    }

    @Test
    void storesAnOutputWithANul() {
        ResultsFixture.Writer writer = fixture.start("a");
        Gateway gateway = fixture.gateway("gw-1");
        CorrelationId id = taken(gateway, fixture.command("gw-1"));
        gateway.result(
                id,
                "\"status\":\"success\",\"stdout\":\"a\\u0000b\\ud800\",\"data\":{\"k\":\"\\u0000\"}");
        ends(id, "SUCCEEDED");
        assertThat(writer.setAside()).isZero();
        assertThat(
                        fixture.db.queryForObject(
                                "select stdout_redacted from agent_command_results", String.class))
                .startsWith("a")
                .contains("b");
    }

    @Test
    void endsTheRowOfAResultThatCannotBeStored() {
        ResultsFixture.Writer writer = fixture.start("a");
        Gateway gateway = fixture.gateway("gw-1");
        fixture.db.update(
                "alter table agent_command_results add check (stdout_redacted <> 'poison')");
        CorrelationId bad = taken(gateway, fixture.command("gw-1"));
        CorrelationId good = taken(gateway, fixture.command("gw-1"));
        gateway.result(bad, "\"status\":\"success\",\"stdout\":\"poison\"");
        gateway.success(good);
        ends(bad, "SUCCEEDED");
        ends(good, "SUCCEEDED");
        await().until(() -> writer.setAside() == 1);
        assertThat(fixture.column(bad, "ended_by")).isEqualTo("result");
    }

    @Test
    void makesTheRowOfARecordWrittenByHand() {
        var _ = fixture.start("a");
        Gateway gateway = fixture.gateway("gw-1");
        StreamRecord.HandMade made = ResultsFixture.handMade(gateway);
        assertThat(gateway.take(made, ResultsFixture.envelope(made)))
                .isEqualTo(new Delivered.Dispatched());
        gateway.ack(made.correlationId());
        gateway.success(made.correlationId());
        ends(made.correlationId(), "SUCCEEDED");
        assertThat(fixture.column(made.correlationId(), "origin")).isEqualTo("stream");
        assertThat(fixture.count("select count(*) from audit_log")).isEqualTo(1);
        assertThat(fixture.alarms()).isEmpty();
    }

    @Test
    void rejectsARecordWrittenByHandThatNobodyTakes() {
        var _ = fixture.start("a");
        Gateway gateway = fixture.gateway("gw-1");
        StreamRecord.HandMade made = ResultsFixture.handMade(gateway);
        assertThat(gateway.release(made, ResultsFixture.envelope(made)))
                .isInstanceOf(Delivered.Released.class);
        ends(made.correlationId(), "REJECTED");
    }

    @Test
    void sendsAgainWhatABusySessionReleased() {
        var _ = fixture.start("a");
        Gateway gateway = fixture.gateway("gw-1");
        gateway.room = false;
        CorrelationId id = fixture.command("gw-1");
        await().untilAsserted(() -> assertThat(fixture.column(id, "released")).isEqualTo("1"));
        assertThat(fixture.state(id)).isEqualTo("QUEUED");
        gateway.room = true;
        sweepUntil(() -> gateway.taken.contains(id));
        ends(id, "DISPATCHED");
    }

    @Test
    void sendsASilentCopyAgainToTheSameJournalWhereverItsSessionIs() {
        fixture.copiesAreSoonSilent();
        var _ = fixture.start("a");
        Gateway gateway = fixture.gateway("gw-1");
        CorrelationId id = taken(gateway, fixture.command("gw-1"));
        Gateway elsewhere = fixture.gateway("gw-1", gateway.instance);
        sweepUntil(() -> elsewhere.taken.contains(id));
        gateway.ack(id);
        ends(id, "ACKED");
    }

    @Test
    void endsWhatIsAtAJournalThatWasReplaced() {
        var _ = fixture.start("a");
        Gateway gateway = fixture.gateway("gw-1");
        CorrelationId id = taken(gateway, fixture.command("gw-1"));
        gateway.ack(id);
        ends(id, "ACKED");
        Gateway anew = fixture.gateway("gw-1", new InstanceUid(UUID.randomUUID()));
        sweepUntil(() -> fixture.state(id).equals("OUTCOME_UNKNOWN"));
        CorrelationId next = fixture.command("gw-1");
        CorrelationId _ = taken(anew, next);
        gateway.success(id);
        ends(id, "SUCCEEDED");
        assertThat(fixture.count("select count(*) from agent_command_results where late"))
                .isEqualTo(1);
    }

    @Test
    void neverSendsAgainToAnAgentWithoutAJournal() {
        fixture.copiesAreSoonSilent();
        var _ = fixture.start("a");
        Gateway plain = fixture.gateway("gw-1", null);
        CorrelationId id = taken(plain, fixture.command("gw-1"));
        ends(id, "DISPATCHED");
        ResultsFixture.Writer sweeper = fixture.writer("b", fixture.database.url());
        await().during(Duration.ofSeconds(2))
                .until(() -> {
                    sweeper.sweep.look();
                    return fixture.column(id, "attempt").equals("1");
                });
        plain.success(id);
        ends(id, "SUCCEEDED");
    }

    @Test
    void asksAboutARunThatShouldHaveEndedAndBelievesTheAnswer() {
        var _ = fixture.start("a");
        Gateway gateway = fixture.gateway("gw-1");
        CorrelationId id = taken(gateway, fixture.command("gw-1"));
        gateway.ack(id);
        ends(id, "ACKED");
        fixture.db.update("update agent_commands set acked_at = acked_at - interval '46 s'");
        sweepUntil(() -> gateway.told.stream().anyMatch(StreamRecord.JobQuery.class::isInstance));
        gateway.status(id, "unknown");
        ends(id, "OUTCOME_UNKNOWN");
        assertThat(fixture.column(id, "ended_by")).isEqualTo("agent");
    }

    @Test
    void neverClaimsAgainWhatHadToGoAtOnce() {
        var _ = fixture.start("a");
        Gateway gateway = fixture.gateway("gw-1");
        gateway.room = false;
        CorrelationId id = fixture.command("gw-1", Delivery.IMMEDIATE);
        ends(id, "REJECTED");
        assertThat(fixture.column(id, "reason")).isEqualTo("busy");
    }

    private void sweepUntil(java.util.concurrent.Callable<Boolean> condition) {
        ResultsFixture.Writer sweeper =
                fixture.writer("sweeper-" + UUID.randomUUID(), fixture.database.url());
        await().until(() -> {
            sweeper.sweep.look();
            return condition.call();
        });
    }
}
