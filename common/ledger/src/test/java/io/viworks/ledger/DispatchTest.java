package io.viworks.ledger;

import static io.viworks.ledger.LedgerFixture.AGENT;
import static io.viworks.ledger.LedgerFixture.acked;
import static io.viworks.ledger.LedgerFixture.dispatched;
import static io.viworks.ledger.LedgerFixture.finished;
import static io.viworks.ledger.LedgerFixture.journalled;
import static io.viworks.ledger.LedgerFixture.plain;
import static io.viworks.ledger.LedgerFixture.released;
import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.backplane.ownership.Owner;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamRecord.ReleaseReason;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.BridgeFrame.CancelMode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is sent to gateways, when, and to which journal. */
class DispatchTest {
    private final LedgerFixture fixture = new LedgerFixture();
    private final Owner owner = journalled();

    private static List<CorrelationId> commands(List<ToSend> sent) {
        return sent.stream()
                .map(ToSend::record)
                .filter(StreamRecord.Command.class::isInstance)
                .map(record -> ((StreamRecord.Command) record).correlationId())
                .toList();
    }

    private static Owner sameJournalElsewhere(Owner owner) {
        Owner other = journalled();
        return new Owner(
                other.bridgeId(), other.sessionId(), owner.epoch() + 1, owner.instanceUid());
    }

    @Test
    void claimsWhatWaitsInTheOrderIssuedAsFarAsThereIsRoom() {
        List<CorrelationId> waiting = new ArrayList<>();
        for (int i = 0; i < fixture.limits.maxInflight() + 3; i++) {
            waiting.add(fixture.waiting());
        }
        List<ToSend> sent = fixture.next(owner);
        assertThat(commands(sent)).isEqualTo(waiting.subList(0, fixture.limits.maxInflight()));
        assertThat(sent).allMatch(one -> one.bridge().equals(owner.bridgeId()));
        assertThat(fixture.next(owner)).isEmpty();
    }

    @Test
    void sendsTheNextWhenOneHasEnded() {
        List<CorrelationId> waiting = new ArrayList<>();
        for (int i = 0; i < fixture.limits.maxInflight() + 1; i++) {
            waiting.add(fixture.waiting());
        }
        List<ToSend> _ = fixture.next(owner);
        Moves.Applied applied = fixture.apply(finished(waiting.getFirst(), CommandState.SUCCEEDED));
        assertThat(applied.freed()).containsExactly(AGENT);
        assertThat(commands(fixture.next(owner))).containsExactly(waiting.getLast());
    }

    @Test
    void doesNotLetAHungCommandBlockItsGateway() {
        fixture.gateway("[]", 1, owner);
        CorrelationId hung = fixture.sent(owner);
        fixture.apply(dispatched(hung, 1, owner), acked(hung, owner));
        CorrelationId next = fixture.waiting();
        assertThat(commands(fixture.next(owner))).isEmpty();
        fixture.pass(Duration.ofSeconds(30).plus(LedgerLimits.RUN_MARGIN).plusSeconds(1));
        assertThat(commands(fixture.next(owner))).containsExactly(next);
    }

    @Test
    void claimsNothingForAnAgentThatTakesNothing() {
        fixture.gateway("[]", 0, owner);
        CorrelationId _ = fixture.waiting();
        assertThat(fixture.next(owner)).isEmpty();
    }

    @Test
    void sendsASilentCopyAgainOnlyToTheJournalItIsAt() {
        CorrelationId id = fixture.sent(owner);
        fixture.pass(Duration.ofSeconds(11));
        assertThat(fixture.next(journalled())).isEmpty();
        assertThat(fixture.next(plain())).isEmpty();
        assertThat(commands(fixture.next(sameJournalElsewhere(owner)))).containsExactly(id);
        assertThat(fixture.attempt(id)).isEqualTo(2);
    }

    @Test
    void doesNotTakeItsOwnLagForSilence() {
        CorrelationId _ = fixture.sent(owner);
        fixture.pass(Duration.ofSeconds(11));
        Instant behind = Instant.now().minusSeconds(8);
        assertThat(fixture.dispatch.next(Map.of(AGENT, owner), behind)).isEmpty();
    }

    @Test
    void sendsAgainAfterPausesThatGrow() {
        CorrelationId id = fixture.sent(owner);
        for (long pause : new long[] {10, 20, 40, 80}) {
            fixture.db.update("update agent_commands set expires_at = now() + interval '1 hour'");
            // The pause before it is over by then; half of this one is left for a slow machine.
            fixture.pass(Duration.ofSeconds(pause / 2));
            assertThat(fixture.next(owner)).isEmpty();
            fixture.pass(Duration.ofSeconds(pause / 2 + 1));
            assertThat(commands(fixture.next(owner))).containsExactly(id);
        }
    }

    @Test
    void neverSendsAgainWhatMayHaveReachedAnAgentWithoutAJournal() {
        Owner plain = plain();
        CorrelationId id = fixture.sent(plain);
        fixture.pass(Duration.ofSeconds(30));
        assertThat(fixture.next(plain)).isEmpty();
        fixture.apply(released(id, 1, ReleaseReason.OFFLINE));
        assertThat(commands(fixture.next(plain))).containsExactly(id);
    }

    @Test
    void givesAReleasedCopyToAnyJournal() {
        CorrelationId id = fixture.sent(owner);
        fixture.apply(released(id, 1, ReleaseReason.OTHER_INSTANCE));
        Owner other = journalled();
        assertThat(commands(fixture.next(other))).containsExactly(id);
        assertThat(fixture.column(id, "instance_uid"))
                .isEqualTo(String.valueOf(other.instanceUid()));
    }

    @ParameterizedTest
    @EnumSource(names = {"UNOPENED", "NOT_ENROLLED"})
    void waitsWhenABridgeWouldSayTheSameAgainAtOnce(ReleaseReason reason) {
        CorrelationId id = fixture.sent(owner);
        fixture.apply(released(id, 1, reason));
        assertThat(fixture.next(owner)).isEmpty();
        fixture.pass(Duration.ofSeconds(11));
        assertThat(commands(fixture.next(owner))).containsExactly(id);
        fixture.apply(released(id, 2, reason));
        fixture.pass(Duration.ofSeconds(60));
        assertThat(fixture.deadlines.endIdle()).hasSize(1);
        assertThat(fixture.column(id, "state") + " " + fixture.column(id, "reason"))
                .isEqualTo("EXPIRED " + reason.name().toLowerCase(Locale.ROOT));
    }

    @Test
    void waitsAfterABusyReleaseAndNotAfterAnother() {
        CorrelationId id = fixture.sent(owner);
        fixture.apply(released(id, 1, ReleaseReason.BUSY));
        assertThat(fixture.next(owner)).isEmpty();
        fixture.pass(Duration.ofSeconds(11));
        assertThat(commands(fixture.next(owner))).containsExactly(id);
        fixture.apply(released(id, 2, ReleaseReason.OFFLINE));
        assertThat(commands(fixture.next(owner))).containsExactly(id);
    }

    @Test
    void looksAtCopiesOutAtOnceWhenASessionBegins() {
        CorrelationId id = fixture.sent(owner);
        fixture.db.update("update agent_commands set next_send_at = now() + interval '5 minutes'");
        fixture.pass(Duration.ofSeconds(11));
        assertThat(fixture.next(owner)).isEmpty();
        fixture.dispatch.hasten(List.of(AGENT));
        assertThat(commands(fixture.next(owner))).containsExactly(id);
    }

    @Test
    void hasOneSenderHoweverManyTry() throws Exception {
        for (int i = 0; i < 4; i++) {
            CorrelationId _ = fixture.waiting();
        }
        Callable<List<ToSend>> look = () -> fixture.next(owner);
        List<CorrelationId> sent = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (Future<List<ToSend>> one :
                    threads.invokeAll(java.util.Collections.nCopies(40, look))) {
                sent.addAll(commands(one.get()));
            }
        }
        assertThat(sent).hasSize(4).doesNotHaveDuplicates();
        assertThat(fixture.count("select max(attempt) from agent_commands")).isEqualTo(1);
    }

    @Test
    void asksAboutARunThatShouldHaveEnded() {
        CorrelationId id = fixture.sent(owner);
        fixture.apply(dispatched(id, 1, owner), acked(id, owner));
        assertThat(fixture.next(owner)).isEmpty();
        fixture.pass(Duration.ofSeconds(46));
        assertThat(fixture.next(journalled())).isEmpty();
        assertThat(fixture.next(owner))
                .singleElement()
                .satisfies(one ->
                        assertThat(one.record())
                                .isInstanceOfSatisfying(
                                        StreamRecord.JobQuery.class,
                                        query ->
                                                assertThat(query.correlationIds())
                                                        .containsExactly(id)));
        assertThat(fixture.next(owner)).isEmpty();
        fixture.pass(Duration.ofSeconds(11));
        assertThat(fixture.next(owner)).hasSize(1);
    }

    @Test
    void takesBackAtTheDeadlineWhatHasNotStarted() {
        fixture.gateway("[\"cancel\"]", 4, owner);
        CorrelationId id = fixture.sent(owner);
        fixture.apply(dispatched(id, 1, owner));
        fixture.pass(Duration.ofSeconds(61));
        assertThat(fixture.next(owner))
                .singleElement()
                .satisfies(one ->
                        assertThat(one.record())
                                .isInstanceOfSatisfying(
                                        StreamRecord.Cancel.class,
                                        cancel ->
                                                assertThat(cancel.mode())
                                                        .isEqualTo(CancelMode.IF_NOT_STARTED)));
        assertThat(fixture.state(id)).isEqualTo(CommandState.DISPATCHED);
    }

    @Test
    void findsEveryGatewayThatHasSomethingDue() {
        CorrelationId silent = fixture.sent(owner);
        assertThat(fixture.dispatch.waiting(10)).isEmpty();
        fixture.pass(Duration.ofSeconds(11));
        assertThat(fixture.dispatch.waiting(10)).containsExactly(AGENT);
        fixture.apply(dispatched(silent, 1, owner), acked(silent, owner));
        assertThat(fixture.dispatch.waiting(10)).isEmpty();
        CorrelationId _ = fixture.waiting();
        assertThat(fixture.dispatch.waiting(10)).containsExactly(AGENT);
    }
}
