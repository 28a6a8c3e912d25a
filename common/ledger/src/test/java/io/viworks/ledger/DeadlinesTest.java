package io.viworks.ledger;

import static io.viworks.ledger.LedgerFixture.AGENT;
import static io.viworks.ledger.LedgerFixture.ALL_HANDLED;
import static io.viworks.ledger.LedgerFixture.acked;
import static io.viworks.ledger.LedgerFixture.dispatched;
import static io.viworks.ledger.LedgerFixture.journalled;
import static io.viworks.ledger.LedgerFixture.plain;
import static io.viworks.ledger.LedgerFixture.released;
import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.backplane.ownership.Owner;
import io.viworks.backplane.stream.StreamRecord.ReleaseReason;
import io.viworks.protocol.CorrelationId;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the clock ends, and what it does not. */
class DeadlinesTest {
    private final LedgerFixture fixture = new LedgerFixture();
    private final Owner owner = journalled();

    @Test
    void endsWhatWaitsTooLong() {
        CorrelationId id = fixture.waiting();
        assertThat(fixture.deadlines.endIdle()).isEmpty();
        fixture.pass(Duration.ofSeconds(61));
        assertThat(fixture.next(owner)).as("too late to send").isEmpty();
        assertThat(fixture.deadlines.endIdle()).hasSize(1);
        assertThat(fixture.state(id)).isEqualTo(CommandState.EXPIRED);
        assertThat(fixture.column(id, "ended_by")).isEqualTo("ledger");
    }

    @Test
    void endsNothingThatIsOut() {
        CorrelationId id = fixture.sent(owner);
        fixture.pass(Duration.ofHours(1));
        assertThat(fixture.deadlines.endIdle()).isEmpty();
        assertThat(fixture.deadlines.giveUp(ALL_HANDLED)).isEmpty();
        fixture.apply(released(id, 1, ReleaseReason.OFFLINE));
        assertThat(fixture.state(id)).as("at the release").isEqualTo(CommandState.EXPIRED);
    }

    @Test
    void givesUpOnlyWhenEverythingThatCouldBeHeardIsRead() {
        CorrelationId id = fixture.sent(owner);
        fixture.apply(dispatched(id, 1, owner), acked(id, owner));
        fixture.pass(Duration.ofDays(1).plusSeconds(91));
        assertThat(fixture.deadlines.giveUp(Instant.now().minus(Duration.ofHours(2)))).isEmpty();
        assertThat(fixture.deadlines.giveUp(Instant.now())).hasSize(1);
        assertThat(fixture.state(id)).isEqualTo(CommandState.OUTCOME_UNKNOWN);
        assertThat(fixture.column(id, "reason")).contains("no word");
    }

    @Test
    void endsWhatIsAtAReplacedJournal() {
        CorrelationId id = fixture.sent(owner);
        fixture.apply(dispatched(id, 1, owner));
        assertThat(fixture.deadlines.withCopiesOut()).containsExactly(AGENT);
        assertThat(fixture.deadlines.endReplaced(Map.of(AGENT, owner))).isEmpty();
        assertThat(fixture.deadlines.endReplaced(Map.of(AGENT, journalled()))).hasSize(1);
        assertThat(fixture.state(id)).isEqualTo(CommandState.OUTCOME_UNKNOWN);
        assertThat(fixture.column(id, "reason")).contains("journal was replaced");
    }

    @Test
    void waitsWithACopyNobodyHasDecidedAbout() {
        CorrelationId id = fixture.sent(owner);
        assertThat(fixture.deadlines.endReplaced(Map.of(AGENT, journalled()))).isEmpty();
        fixture.pass(Duration.ofSeconds(91));
        assertThat(fixture.deadlines.endReplaced(Map.of(AGENT, journalled()))).hasSize(1);
        assertThat(fixture.state(id)).isEqualTo(CommandState.OUTCOME_UNKNOWN);
    }

    @Test
    void leavesCopiesAtAgentsWithoutAJournalToTheirGrace() {
        Owner plain = plain();
        CorrelationId id = fixture.sent(plain);
        fixture.apply(dispatched(id, 1, plain));
        assertThat(fixture.deadlines.withCopiesOut()).isEmpty();
        assertThat(fixture.deadlines.endReplaced(Map.of(AGENT, journalled()))).isEmpty();
    }
}
