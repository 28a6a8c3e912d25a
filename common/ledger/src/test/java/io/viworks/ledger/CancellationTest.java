package io.viworks.ledger;

import static io.viworks.ledger.LedgerFixture.AGENT;
import static io.viworks.ledger.LedgerFixture.acked;
import static io.viworks.ledger.LedgerFixture.dispatched;
import static io.viworks.ledger.LedgerFixture.finished;
import static io.viworks.ledger.LedgerFixture.journalled;
import static io.viworks.ledger.LedgerFixture.plain;
import static io.viworks.ledger.LedgerFixture.refused;
import static io.viworks.ledger.LedgerFixture.released;
import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.backplane.ownership.Owner;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamRecord.ReleaseReason;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.BridgeFrame.CancelMode;
import io.viworks.protocol.frame.ErrorCodes;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of a request to cancel: the ledger decides alone only when no copy is out. */
class CancellationTest {
    private final LedgerFixture fixture = new LedgerFixture();
    private final Owner owner = journalled();

    @BeforeEach
    void offersCancel() {
        fixture.gateway("[\"cancel\"]", 4, owner);
    }

    private CancelAnswer cancel(CorrelationId id) {
        return fixture.ledger.cancel(AGENT, id, "operator", owner);
    }

    @Test
    void endsAWaitingCommandAtOnce() {
        CorrelationId id = fixture.waiting();
        assertThat(cancel(id)).isInstanceOf(CancelAnswer.Ended.class);
        assertThat(fixture.state(id)).isEqualTo(CommandState.CANCELLED);
        assertThat(fixture.column(id, "cancel_requested_by")).isEqualTo("operator");
        assertThat(fixture.next(owner)).isEmpty();
    }

    @Test
    void asksTheAgentWhenACopyIsOutAndLetsItsWordDecide() {
        CorrelationId id = fixture.sent(owner);
        fixture.apply(dispatched(id, 1, owner), acked(id, owner));
        assertThat(cancel(id))
                .isInstanceOfSatisfying(
                        CancelAnswer.Requested.class,
                        requested -> {
                            StreamRecord.Cancel record = requested.record();
                            assertThat(record).isNotNull();
                            assertThat(record.mode()).isEqualTo(CancelMode.STOP);
                            assertThat(record.instanceUid()).isEqualTo(owner.instanceUid());
                        });
        assertThat(fixture.state(id)).isEqualTo(CommandState.ACKED);
        fixture.apply(finished(id, CommandState.SUCCEEDED));
        assertThat(fixture.state(id)).as("it was faster").isEqualTo(CommandState.SUCCEEDED);
        assertThat(cancel(id)).isEqualTo(new CancelAnswer.AlreadyEnded(CommandState.SUCCEEDED));
    }

    @Test
    void endsCancelledWhenTheAgentSaysItNeverStarted() {
        CorrelationId id = fixture.sent(owner);
        CancelAnswer _ = cancel(id);
        fixture.apply(refused(id, 1, ErrorCodes.CANCELLED, owner));
        assertThat(fixture.state(id)).isEqualTo(CommandState.CANCELLED);
    }

    @Test
    void endsCancelledWhenTheLastCopyIsReleased() {
        CorrelationId id = fixture.sent(owner);
        CancelAnswer _ = cancel(id);
        fixture.apply(released(id, 1, ReleaseReason.OFFLINE));
        assertThat(fixture.state(id)).isEqualTo(CommandState.CANCELLED);
        assertThat(fixture.next(owner)).isEmpty();
    }

    @Test
    void repeatsTheRequestWithPausesAndOnlyToTheJournalTheCopyIsAt() {
        CorrelationId id = fixture.sent(owner);
        CancelAnswer _ = cancel(id);
        assertThat(fixture.next(owner)).isEmpty();
        fixture.pass(Duration.ofSeconds(11));
        assertThat(fixture.next(journalled())).isEmpty();
        assertThat(fixture.next(owner))
                .singleElement()
                .satisfies(one -> assertThat(one.record()).isInstanceOf(StreamRecord.Cancel.class));
        assertThat(fixture.next(owner)).isEmpty();
    }

    @Test
    void isSentLaterWhenTheJournalHasNoOwnerNow() {
        CorrelationId id = fixture.sent(owner);
        assertThat(fixture.ledger.cancel(AGENT, id, "operator", null)).satisfies(this::isForLater);
        assertThat(fixture.next(owner))
                .singleElement()
                .satisfies(one -> assertThat(one.record()).isInstanceOf(StreamRecord.Cancel.class));
    }

    @Test
    void saysSoWhenTheAgentCannotCancel() {
        Owner plain = plain();
        CorrelationId id = fixture.sent(plain);
        assertThat(fixture.ledger.cancel(AGENT, id, "operator", plain))
                .isEqualTo(new CancelAnswer.NotCancellable(CommandState.QUEUED));
        assertThat(fixture.column(id, "cancel_requested_at")).isEqualTo("null");
    }

    @Test
    void knowsNoCommandOfAnotherGateway() {
        CorrelationId id = fixture.waiting();
        assertThat(fixture.ledger.cancel(AgentId.of("gw-2"), id, "operator", owner))
                .isInstanceOf(CancelAnswer.Unknown.class);
        assertThat(fixture.state(id)).isEqualTo(CommandState.QUEUED);
    }

    @Test
    void askedTwiceIsAskedOnce() {
        CorrelationId id = fixture.sent(owner);
        CancelAnswer _ = cancel(id);
        assertThat(cancel(id)).satisfies(this::isForLater);
        assertThat(fixture.column(id, "signals")).isEqualTo("1");
    }

    /** Asked for, and nothing to be written now; its state is as it was. */
    private void isForLater(CancelAnswer answer) {
        assertThat(answer)
                .isInstanceOfSatisfying(
                        CancelAnswer.Requested.class,
                        requested -> {
                            assertThat(requested.record()).isNull();
                            assertThat(requested.moved().state()).isEqualTo(CommandState.QUEUED);
                        });
    }
}
