package io.viworks.ledger;

import static io.viworks.ledger.LedgerFixture.AGENT;
import static io.viworks.ledger.LedgerFixture.acked;
import static io.viworks.ledger.LedgerFixture.dispatched;
import static io.viworks.ledger.LedgerFixture.finished;
import static io.viworks.ledger.LedgerFixture.journalled;
import static io.viworks.ledger.LedgerFixture.plain;
import static io.viworks.ledger.LedgerFixture.refused;
import static io.viworks.ledger.LedgerFixture.released;
import static io.viworks.ledger.LedgerFixture.reported;
import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.backplane.ownership.Owner;
import io.viworks.backplane.stream.StreamRecord.ReleaseReason;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.AgentFrame.JobState;
import io.viworks.protocol.frame.ErrorCodes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** How rows move by what bridges and agents say. */
class MovesTest {
    private final LedgerFixture fixture = new LedgerFixture();
    private final Owner owner = journalled();

    @Test
    void followsACommandToItsResult() {
        CorrelationId id = fixture.sent(owner);
        fixture.apply(dispatched(id, 1, owner));
        assertThat(fixture.state(id)).isEqualTo(CommandState.DISPATCHED);
        fixture.apply(acked(id, owner));
        assertThat(fixture.state(id)).isEqualTo(CommandState.ACKED);
        Moves.Applied applied = fixture.apply(finished(id, CommandState.SUCCEEDED));
        assertThat(fixture.state(id)).isEqualTo(CommandState.SUCCEEDED);
        assertThat(fixture.column(id, "ended_by")).isEqualTo("result");
        assertThat(applied.freed()).containsExactly(AGENT);
        assertThat(
                        fixture.db.queryForMap(
                                "select status, stdout_redacted, late, issued_by_admin_id"
                                        + " from agent_command_results"))
                .containsEntry("status", "success")
                .containsEntry("stdout_redacted", "out")
                .containsEntry("late", false)
                .containsEntry("issued_by_admin_id", "operator");
    }

    @Test
    void endsInTheSameStateWhateverTheOrderOfItsEvents() {
        List<CommandState> ends = new ArrayList<>();
        for (int seed = 0; seed < 24; seed++) {
            CorrelationId id = fixture.sent(fixture.command(), owner);
            List<LedgerEvent> events =
                    new ArrayList<>(
                            List.of(
                                    dispatched(id, 1, owner),
                                    acked(id, owner),
                                    finished(id, CommandState.SUCCEEDED),
                                    reported(id, JobState.FINISHED, owner)));
            Collections.shuffle(events, new Random(seed));
            events.forEach(fixture::apply);
            ends.add(fixture.state(id));
        }
        assertThat(ends).containsOnly(CommandState.SUCCEEDED);
        assertThat(fixture.alarms()).isEmpty();
    }

    @Test
    void changesNothingWhenABatchComesAgain() {
        CorrelationId id = fixture.sent(owner);
        LedgerEvent[] batch = {
            dispatched(id, 1, owner), acked(id, owner), finished(id, CommandState.FAILED)
        };
        fixture.apply(batch);
        String before = fixture.column(id, "agent_commands");
        Moves.Applied again = fixture.apply(batch);
        assertThat(again.duplicates()).isEqualTo(3);
        assertThat(again.moved()).isEmpty();
        assertThat(fixture.column(id, "agent_commands")).isEqualTo(before);
        assertThat(fixture.count("select count(*) from agent_command_results")).isEqualTo(1);
    }

    @Test
    void storesARunOnceWhenSeveralApplyItAtOnce() throws Exception {
        CorrelationId id = fixture.sent(owner);
        LedgerEvent result = finished(id, CommandState.SUCCEEDED);
        Callable<Moves.Applied> apply = () -> fixture.apply(result);
        int moved = 0;
        try (ExecutorService threads = Executors.newFixedThreadPool(6)) {
            for (Future<Moves.Applied> one : threads.invokeAll(Collections.nCopies(12, apply))) {
                moved += one.get().moved().size();
            }
        }
        assertThat(moved).isEqualTo(1);
        assertThat(fixture.count("select count(*) from agent_command_results")).isEqualTo(1);
        assertThat(fixture.alarms()).isEmpty();
    }

    @Test
    void foldsAllReleasesOfABatchBeforeItsStates() {
        CorrelationId id = fixture.sent(owner);
        fixture.pass(Duration.ofSeconds(11));
        List<ToSend> _ = fixture.next(owner);
        fixture.apply(dispatched(id, 2, owner), released(id, 1, ReleaseReason.OFFLINE));
        assertThat(fixture.state(id)).isEqualTo(CommandState.DISPATCHED);
        assertThat(fixture.released(id)).isEqualTo(1);
        assertThat(fixture.attempt(id)).isEqualTo(2);
    }

    @Test
    void doesNotTakeAnOldReleaseForTheLast() {
        CorrelationId id = fixture.sent(owner);
        fixture.pass(Duration.ofSeconds(11));
        List<ToSend> _ = fixture.next(owner);
        fixture.apply(dispatched(id, 2, owner));
        fixture.apply(released(id, 2, ReleaseReason.OFFLINE));
        assertThat(fixture.released(id)).as("attempt 1 may still be out").isZero();
        assertThat(fixture.state(id)).isEqualTo(CommandState.DISPATCHED);
        fixture.apply(released(id, 1, ReleaseReason.OFFLINE));
        assertThat(fixture.released(id)).isEqualTo(1);
    }

    @Test
    void stepsBackToTheQueueOnlyWhenNoCopyIsOut() {
        CorrelationId id = fixture.sent(owner);
        fixture.apply(dispatched(id, 1, owner));
        fixture.apply(released(id, 1, ReleaseReason.OFFLINE));
        assertThat(fixture.state(id)).isEqualTo(CommandState.QUEUED);
        fixture.apply(dispatched(id, 1, owner));
        assertThat(fixture.state(id)).as("a late word of attempt 1").isEqualTo(CommandState.QUEUED);
    }

    @Test
    void believesNoOtherAgentAboutACommand() {
        CorrelationId id = fixture.sent(owner);
        AgentId other = AgentId.of("gw-2");
        Moves.Applied applied =
                fixture.apply(
                        new LedgerEvent.Acknowledged(id, other, owner.instanceUid(), Instant.now()),
                        new LedgerEvent.Finished(
                                id,
                                other,
                                ((LedgerEvent.Finished) finished(id, CommandState.SUCCEEDED))
                                        .result(),
                                Instant.now()));
        assertThat(applied.unknown()).containsExactly(0, 1);
        assertThat(fixture.state(id)).isEqualTo(CommandState.QUEUED);
        assertThat(fixture.count("select count(*) from agent_command_results")).isZero();
    }

    @Test
    void believesAnotherJournalOnlyAResult() {
        CorrelationId id = fixture.sent(owner);
        Owner other = journalled();
        fixture.apply(dispatched(id, 1, owner), acked(id, other));
        assertThat(fixture.state(id)).isEqualTo(CommandState.DISPATCHED);
        fixture.apply(reported(id, JobState.RUNNING, other));
        assertThat(fixture.state(id)).isEqualTo(CommandState.DISPATCHED);
        fixture.apply(refused(id, 1, ErrorCodes.LOCAL_POLICY, other));
        assertThat(fixture.state(id)).isEqualTo(CommandState.DISPATCHED);
        fixture.apply(finished(id, CommandState.SUCCEEDED));
        assertThat(fixture.state(id)).isEqualTo(CommandState.SUCCEEDED);
    }

    @Test
    void showsASecondRun() {
        CorrelationId id = fixture.sent(owner);
        fixture.apply(finished(id, CommandState.SUCCEEDED));
        Moves.Applied applied = fixture.apply(finished(id, CommandState.FAILED));
        assertThat(applied.doubleRuns()).isEqualTo(1);
        assertThat(fixture.alarms()).containsExactly("double_run");
        assertThat(fixture.count("select count(*) from agent_command_results")).isEqualTo(2);
        assertThat(fixture.state(id)).isEqualTo(CommandState.SUCCEEDED);
    }

    @Test
    void replacesAnEndThatWasNotAResultsByALateResult() {
        CorrelationId id = fixture.sent(owner);
        fixture.apply(dispatched(id, 1, owner));
        fixture.pass(Duration.ofDays(2));
        assertThat(fixture.deadlines.giveUp(LedgerFixture.ALL_HANDLED)).hasSize(1);
        assertThat(fixture.state(id)).isEqualTo(CommandState.OUTCOME_UNKNOWN);
        fixture.apply(finished(id, CommandState.SUCCEEDED));
        assertThat(fixture.state(id)).isEqualTo(CommandState.SUCCEEDED);
        assertThat(fixture.count("select count(*) from agent_command_results where late"))
                .isEqualTo(1);
        assertThat(fixture.alarms()).isEmpty();
    }

    @Test
    void showsThatSomethingRanThatWasSaidNotToHave() {
        CorrelationId id = fixture.sent(owner);
        fixture.apply(refused(id, 1, ErrorCodes.EXPIRED, owner));
        assertThat(fixture.state(id)).isEqualTo(CommandState.EXPIRED);
        fixture.apply(finished(id, CommandState.SUCCEEDED));
        assertThat(fixture.state(id)).isEqualTo(CommandState.SUCCEEDED);
        assertThat(fixture.alarms()).containsExactly("result_after_end");
    }

    @Test
    void takesABusyAgentsRefusalAsARelease() {
        CorrelationId id = fixture.sent(owner);
        fixture.apply(dispatched(id, 1, owner), refused(id, 1, ErrorCodes.BUSY, owner));
        assertThat(fixture.state(id)).isEqualTo(CommandState.QUEUED);
        assertThat(fixture.released(id)).isEqualTo(1);
        assertThat(fixture.next(owner)).isEmpty();
        fixture.pass(Duration.ofSeconds(11));
        assertThat(fixture.next(owner)).hasSize(1);
    }

    @Test
    void endsARefusedCommandInTheStateItsCodeMeans() {
        assertThat(endOf(ErrorCodes.VALIDATION_FAILED)).isEqualTo(CommandState.REJECTED);
        assertThat(endOf(ErrorCodes.LOCAL_POLICY)).isEqualTo(CommandState.REJECTED);
        assertThat(endOf("SomethingForeign")).isEqualTo(CommandState.REJECTED);
        assertThat(endOf(ErrorCodes.EXPIRED)).isEqualTo(CommandState.EXPIRED);
        assertThat(endOf(ErrorCodes.CANCELLED)).isEqualTo(CommandState.EXPIRED);
    }

    private CommandState endOf(String code) {
        CorrelationId id = fixture.sent(owner);
        fixture.apply(refused(id, 1, code, owner));
        assertThat(fixture.column(id, "ended_by")).isEqualTo("agent");
        assertThat(fixture.column(id, "error_code")).isEqualTo(code);
        return fixture.state(id);
    }

    @Test
    void endsAnAcknowledgedCommandTheJournalForgot() {
        CorrelationId id = fixture.sent(owner);
        fixture.apply(dispatched(id, 1, owner), reported(id, JobState.UNKNOWN, owner));
        assertThat(fixture.state(id)).as("not acknowledged").isEqualTo(CommandState.DISPATCHED);
        fixture.apply(acked(id, owner), reported(id, JobState.UNKNOWN, owner));
        assertThat(fixture.state(id)).isEqualTo(CommandState.OUTCOME_UNKNOWN);
    }

    @Test
    void stopsARunFarBeyondItsTime() {
        CorrelationId id = fixture.sent(owner);
        fixture.apply(dispatched(id, 1, owner), acked(id, owner));
        assertThat(fixture.apply(reported(id, JobState.RUNNING, owner)).asks()).isEmpty();
        fixture.pass(Duration.ofSeconds(30).plus(LedgerLimits.OVERRUN).plusSeconds(1));
        assertThat(fixture.apply(reported(id, JobState.RUNNING, owner)).asks())
                .singleElement()
                .satisfies(ask -> assertThat(ask.onlyIfIdle()).isFalse());
    }

    @Test
    void endsTheWaitForAnAgentWithoutAJournalSoon() {
        Owner plain = plain();
        CorrelationId id = fixture.sent(plain);
        fixture.apply(dispatched(id, 1, plain));
        fixture.pass(Duration.ofSeconds(30).plus(Duration.ofMinutes(10)).plusSeconds(1));
        assertThat(fixture.deadlines.giveUp(LedgerFixture.ALL_HANDLED)).hasSize(1);
        assertThat(fixture.state(id)).isEqualTo(CommandState.OUTCOME_UNKNOWN);
    }

    @Test
    void makesARowOfAHandMadeRecordAndTellsTheAuditLog() {
        CorrelationId id = LedgerFixture.id();
        fixture.apply(
                new LedgerEvent.Dispatched(
                        id, AGENT, 1, owner.instanceUid(), Instant.now(), envelope(id)),
                acked(id, owner),
                finished(id, CommandState.SUCCEEDED));
        assertThat(fixture.state(id)).isEqualTo(CommandState.SUCCEEDED);
        assertThat(fixture.column(id, "origin")).isEqualTo("stream");
        assertThat(fixture.count("select count(*) from audit_log where what = 'command.stream'"))
                .isEqualTo(1);
    }

    @Test
    void endsAHandMadeRecordThatNobodyTook() {
        CorrelationId id = LedgerFixture.id();
        fixture.apply(
                new LedgerEvent.Released(id, AGENT, 1, ReleaseReason.OFFLINE, null, envelope(id)));
        assertThat(fixture.state(id)).isEqualTo(CommandState.REJECTED);
        assertThat(fixture.column(id, "reason")).isEqualTo("offline");
        assertThat(fixture.next(owner)).isEmpty();
    }

    @Test
    void letsNoHandMadeRecordTakeTheNameOfAnotherGatewaysCommand() {
        CorrelationId id = fixture.sent(owner);
        AgentId other = AgentId.of("gw-2");
        Moves.Applied applied =
                fixture.apply(
                        new LedgerEvent.Dispatched(
                                id, other, 1, owner.instanceUid(), Instant.now(), envelope(id)));
        assertThat(applied.unknown()).containsExactly(0);
        assertThat(fixture.column(id, "agent_id")).isEqualTo(AGENT.value());
        assertThat(fixture.column(id, "origin")).isEqualTo("api");
        assertThat(fixture.state(id)).isEqualTo(CommandState.QUEUED);
    }

    private static Bytes envelope(CorrelationId id) {
        Instant now = Instant.now();
        return Bytes.utf8(
                """
                {"correlation_id":"%s","agent_id":"gw-1","verb":"echo","args":{"text":"hi"},\
                "issued_at":"%s","expires_at":"%s","nonce":"%s","timeout_s":30,\
                "issued_by":"stream"}\
                """
                        .formatted(id, now, now.plusSeconds(60), UUID.randomUUID()));
    }
}
