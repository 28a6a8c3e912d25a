package io.viworks.ledger;

import static io.viworks.ledger.LedgerFixture.AGENT;
import static io.viworks.ledger.LedgerFixture.acked;
import static io.viworks.ledger.LedgerFixture.dispatched;
import static io.viworks.ledger.LedgerFixture.finished;
import static io.viworks.ledger.LedgerFixture.journalled;
import static io.viworks.ledger.LedgerFixture.refused;
import static io.viworks.ledger.LedgerFixture.released;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.viworks.backplane.ownership.Owner;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamRecord.ReleaseReason;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.ErrorCodes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataIntegrityViolationException;

/** A sealed command is kept sealed until its end, whatever its end, and no longer. */
class SealedRowsTest {
    private static final Bytes SEALED = Bytes.utf8("sealed");

    private final Owner owner = journalled();
    private final LedgerFixture fixture = new LedgerFixture();

    private NewCommand sealed(Delivery delivery, String key, List<Bytes> hashes) {
        Instant now = Instant.now();
        return new NewCommand(
                LedgerFixture.id(),
                AGENT,
                "create_panel_user",
                "{\"password\":\"***\"}",
                new StreamRecord.Payload.Sealed(SEALED),
                null,
                delivery,
                key,
                hashes,
                null,
                "operator",
                "192.0.2.7",
                now,
                now.plusSeconds(60),
                30);
    }

    private NewCommand sealed() {
        return sealed(Delivery.QUEUE, LedgerFixture.id().toString(), List.of(Bytes.utf8("hash")));
    }

    private CorrelationId waiting() {
        NewCommand command = sealed();
        assertThat(fixture.ledger.accept(command, null)).isInstanceOf(Accepted.Waiting.class);
        return command.correlationId();
    }

    private void assertDropped(CorrelationId id, CommandState end) {
        assertThat(fixture.state(id)).isEqualTo(end);
        assertThat(fixture.column(id, "coalesce(sealed, envelope)")).isEqualTo("null");
        assertThat(fixture.column(id, "jws")).isEqualTo("null");
    }

    @Test
    void isSentAsItWasAcceptedEveryTime() {
        CorrelationId id = fixture.sent(sealed(), owner);
        fixture.apply(released(id, 1, ReleaseReason.OFFLINE));
        assertThat(fixture.next(owner))
                .singleElement()
                .satisfies(one ->
                        assertThat(((StreamRecord.Command) one.record()).payload())
                                .isEqualTo(new StreamRecord.Payload.Sealed(SEALED)));
        assertThat(fixture.column(id, "coalesce(envelope::text, jws)")).isEqualTo("null");
    }

    @Test
    void isDroppedWithItsResult() {
        for (CommandState end : List.of(CommandState.SUCCEEDED, CommandState.FAILED)) {
            CorrelationId id = fixture.sent(sealed(), owner);
            fixture.apply(dispatched(id, 1, owner), acked(id, owner));
            assertThat(fixture.column(id, "sealed")).isNotEqualTo("null");
            fixture.apply(finished(id, end));
            assertDropped(id, end);
        }
    }

    @Test
    void isDroppedWithARefusal() {
        CorrelationId id = fixture.sent(sealed(), owner);
        fixture.apply(refused(id, 1, ErrorCodes.VERB_NOT_ALLOWED, owner));
        assertDropped(id, CommandState.REJECTED);
    }

    @Test
    void isDroppedWhenItIsCancelledOrExpiresWaiting() {
        CorrelationId cancelled = waiting();
        assertThat(fixture.ledger.cancel(AGENT, cancelled, "operator", null))
                .isInstanceOf(CancelAnswer.Ended.class);
        assertDropped(cancelled, CommandState.CANCELLED);
        CorrelationId expired = waiting();
        fixture.pass(Duration.ofSeconds(61));
        assertThat(fixture.deadlines.endIdle()).hasSize(1);
        assertDropped(expired, CommandState.EXPIRED);
    }

    @Test
    void isDroppedWhenAReleaseEndsIt() {
        NewCommand now = sealed(Delivery.IMMEDIATE, "now", List.of(Bytes.utf8("hash")));
        CorrelationId id = fixture.sent(now, owner);
        fixture.apply(released(id, 1, ReleaseReason.NOT_ENROLLED));
        assertDropped(id, CommandState.REJECTED);
        assertThat(fixture.column(id, "reason")).isEqualTo("not_enrolled");
        NewCommand unsent = sealed(Delivery.IMMEDIATE, "unsent", List.of(Bytes.utf8("hash")));
        CorrelationId second = fixture.sent(unsent, owner);
        fixture.ledger.unsent(AGENT, second);
        assertDropped(second, CommandState.REJECTED);
    }

    @Test
    void isDroppedWhenItsOutcomeIsGivenUp() {
        CorrelationId silent = fixture.sent(sealed(), owner);
        fixture.apply(dispatched(silent, 1, owner));
        fixture.pass(Duration.ofDays(2));
        assertThat(fixture.deadlines.giveUp(Instant.now())).hasSize(1);
        assertDropped(silent, CommandState.OUTCOME_UNKNOWN);
        CorrelationId replaced = fixture.sent(sealed(), owner);
        fixture.apply(dispatched(replaced, 1, owner));
        assertThat(fixture.deadlines.endReplaced(Map.of(AGENT, journalled()))).hasSize(1);
        assertDropped(replaced, CommandState.OUTCOME_UNKNOWN);
    }

    @Test
    void isTheSameRequestUnderAnOlderKey() {
        Bytes old = Bytes.utf8("old");
        NewCommand first = sealed(Delivery.QUEUE, "again", List.of(old));
        assertThat(fixture.ledger.accept(first, null)).isInstanceOf(Accepted.Waiting.class);
        assertThat(
                        fixture.ledger.accept(
                                sealed(Delivery.QUEUE, "again", List.of(Bytes.utf8("new"), old)),
                                null))
                .isInstanceOf(Accepted.Duplicate.class);
        assertThat(
                        fixture.ledger.accept(
                                sealed(Delivery.QUEUE, "again", List.of(Bytes.utf8("new"))), null))
                .isInstanceOf(Accepted.Conflict.class);
    }

    /** Whatever a statement forgets, the database does not. */
    @Test
    void cannotStandBesideItsClearTextNorBehindItsEnd() {
        CorrelationId id = waiting();
        for (String change :
                List.of(
                        "envelope = 'x'",
                        "jws = 'x'",
                        "state = 'EXPIRED', ended_by = 'ledger', finished_at = now()")) {
            assertThatThrownBy(() ->
                            fixture.db.update(
                                    "update agent_commands set %s where correlation_id = ?"
                                            .formatted(change),
                                    id.value()))
                    .isInstanceOf(DataIntegrityViolationException.class);
        }
    }
}
