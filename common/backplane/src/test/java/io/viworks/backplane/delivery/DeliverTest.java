package io.viworks.backplane.delivery;

import static io.viworks.backplane.Bench.get;
import static io.viworks.backplane.Samples.AGENT;
import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.backplane.Bench;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisAcl.Service;
import io.viworks.backplane.Samples;
import io.viworks.backplane.delivery.Delivered.Dropped.Cause;
import io.viworks.backplane.ownership.Ownership;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamRecord.ReleaseReason;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.SessionId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The one script of spec 3.4 that decides whether a copy of a command reaches the socket. */
class DeliverTest {
    private static final Delivered DISPATCHED = new Delivered.Dispatched();
    private static final Delivered DECIDED = new Delivered.Dropped(Cause.DECIDED);
    private static final Delivered OLD_LIFE = new Delivered.Dropped(Cause.OLD_LIFE);
    private static final Delivered FORGOTTEN = new Delivered.Dropped(Cause.FORGOTTEN);

    private final Bench bench = new Bench();
    private final Bridge here = new Bridge(bench);
    private final Bridge there = new Bridge(bench);
    private final CommandSender sender = new CommandSender(bench.login(Service.RESULTS_WRITER));
    private final CorrelationId command = Samples.command();
    private final Instant soon = Instant.now().plus(Duration.ofMinutes(5));

    @BeforeEach
    void project() {
        bench.project();
    }

    @AfterEach
    void close() {
        bench.close();
    }

    /** As a bridge reads it from its own stream: stamped with the life. */
    private StreamRecord.Command sent(int attempt, @Nullable InstanceUid instance) {
        get(sender.send(here.id, Samples.command(command, attempt, instance)));
        return (StreamRecord.Command)
                bench.records(Keys.commandsOf(here.id), StreamRecord.OfCommands.class).getLast();
    }

    private StreamRecord.Command sent(int attempt) {
        return sent(attempt, null);
    }

    private Delivered deliver(StreamRecord.Command record) {
        return get(here.deliveries.deliver(record, soon, here.session, true));
    }

    private List<StreamRecord.OfResults> events() {
        return bench.records(Keys.COMMAND_RESULTS, StreamRecord.OfResults.class);
    }

    private static Delivered released(ReleaseReason reason) {
        return new Delivered.Released(reason);
    }

    private List<ReleaseReason> releases() {
        return events().stream()
                .filter(StreamRecord.Released.class::isInstance)
                .map(event -> ((StreamRecord.Released) event).reason())
                .toList();
    }

    @Test
    void dispatchesToTheSessionThatHoldsTheAgentAndTellsTheLedgerFirst() {
        InstanceUid journal = Samples.instance();
        here.claim(journal);
        Instant before = Instant.now().minusMillis(5);
        assertThat(deliver(sent(1, journal))).isEqualTo(DISPATCHED);
        assertThat(events())
                .singleElement()
                .isInstanceOfSatisfying(
                        StreamRecord.Dispatched.class,
                        event -> {
                            assertThat(event.agentId()).isEqualTo(AGENT);
                            assertThat(event.bridgeId()).isEqualTo(here.id);
                            assertThat(event.correlationId()).isEqualTo(command);
                            assertThat(event.attempt()).isEqualTo(1);
                            assertThat(event.instanceUid()).isEqualTo(journal);
                            assertThat(event.envelope()).isNull();
                            assertThat(event.ts())
                                    .isBetween(before, before.plus(Duration.ofMinutes(1)));
                        });
    }

    @Test
    void decidesAnAttemptOnceWhoeverAsks() {
        here.claim(null);
        StreamRecord.Command record = sent(1);
        assertThat(deliver(record)).isEqualTo(DISPATCHED);
        assertThat(deliver(record)).isEqualTo(DECIDED);
        assertThat(get(there.deliveries.release(record, soon))).isEqualTo(DECIDED);
        there.claim(null);
        assertThat(get(there.deliveries.deliver(record, soon, there.session, true)))
                .isEqualTo(DECIDED);
        assertThat(events()).hasSize(1);
    }

    @Test
    void atTheDoorWhatAnotherBridgeHoldsIsNotDecided() {
        there.claim(null);
        StreamRecord.Command record = sent(1);
        assertThat(get(here.deliveries.deliverAtDoor(record, soon, here.session, true)))
                .isEqualTo(new Delivered.Elsewhere(there.id));
        assertThat(events()).isEmpty();

        assertThat(get(there.deliveries.deliver(record, soon, there.session, true)))
                .isEqualTo(DISPATCHED);
        assertThat(get(here.deliveries.deliverAtDoor(record, soon, here.session, true)))
                .isEqualTo(DECIDED);
    }

    @Test
    void atTheDoorWhatThisBridgeOrNobodyHoldsIsDecidedAsEverywhere() {
        assertThat(get(here.deliveries.deliverAtDoor(sent(1), soon, here.session, true)))
                .isEqualTo(released(ReleaseReason.OFFLINE));
        here.claim(null);
        assertThat(get(here.deliveries.deliverAtDoor(sent(2), soon, there.session, true)))
                .isEqualTo(released(ReleaseReason.OFFLINE));
        assertThat(get(here.deliveries.deliverAtDoor(sent(3), soon, here.session, true)))
                .isEqualTo(DISPATCHED);
    }

    @Test
    void aReleasedAttemptIsDecidedToo() {
        StreamRecord.Command record = sent(1);
        assertThat(deliver(record)).isEqualTo(released(ReleaseReason.OFFLINE));
        here.claim(null);
        assertThat(deliver(record)).isEqualTo(DECIDED);
        assertThat(releases()).containsExactly(ReleaseReason.OFFLINE);
    }

    @Test
    void theNextAttemptIsDecidedAnewAndOvertakesTheOlder() {
        here.claim(null);
        StreamRecord.Command first = sent(1);
        StreamRecord.Command second = sent(2);
        assertThat(deliver(second)).isEqualTo(DISPATCHED);
        assertThat(deliver(first)).isEqualTo(DECIDED);
        assertThat(deliver(sent(3))).isEqualTo(DISPATCHED);
        assertThat(events())
                .extracting(event -> ((StreamRecord.Dispatched) event).attempt())
                .containsExactly(2, 3);
    }

    @Test
    void manyAskingAtOnceGetOneDispatch() {
        here.claim(null);
        StreamRecord.Command record = sent(1);
        List<CompletableFuture<Delivered>> asked = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            Bridge bridge = i % 2 == 0 ? here : there;
            asked.add(
                    bridge.deliveries
                            .deliver(record, soon, here.session, true)
                            .toCompletableFuture());
        }
        List<Delivered> answers = asked.stream().map(Bench::get).toList();
        assertThat(answers).filteredOn(DISPATCHED::equals).hasSize(1);
        assertThat(answers).filteredOn(DECIDED::equals).hasSize(99);
        assertThat(events()).hasSize(1);
    }

    @Test
    void releasesWhenTheAgentHasMovedMeanwhile() {
        here.claim(null);
        StreamRecord.Command record = sent(1);
        there.claim(null);
        assertThat(deliver(record)).isEqualTo(released(ReleaseReason.OFFLINE));
        assertThat(events())
                .singleElement()
                .isInstanceOfSatisfying(
                        StreamRecord.Released.class,
                        event -> {
                            assertThat(event.bridgeId()).isEqualTo(here.id);
                            assertThat(event.attempt()).isEqualTo(1);
                        });
    }

    @Test
    void releasesWhenTheOwnerKeyHasExpired() {
        here.claim(null);
        bench.raw.del(Keys.owner(AGENT));
        assertThat(deliver(sent(1))).isEqualTo(released(ReleaseReason.OFFLINE));
    }

    @Test
    void releasesWhatNobodyHoldsAlsoWithoutKnowingItsDeadline() {
        assertThat(get(here.deliveries.release(sent(1), null)))
                .isEqualTo(released(ReleaseReason.OFFLINE));
        assertThat(ttl()).isGreaterThan(Deliveries.LATEST_DEADLINE.toMillis());
    }

    /** Somebody who only releases says nobody holds it, whoever does by now. */
    @Test
    void aReleaseNeverDispatches() {
        here.claim(null);
        assertThat(get(here.deliveries.release(sent(1), soon)))
                .isEqualTo(released(ReleaseReason.OFFLINE));
    }

    @Test
    void givesACommandToNoOtherJournal() {
        InstanceUid journal = Samples.instance();
        here.claim(journal);
        assertThat(deliver(sent(1, Samples.instance())))
                .isEqualTo(released(ReleaseReason.OTHER_INSTANCE));
        assertThat(deliver(sent(2, null))).isEqualTo(released(ReleaseReason.OTHER_INSTANCE));
        assertThat(deliver(sent(3, journal))).isEqualTo(DISPATCHED);
    }

    @Test
    void givesACommandForAJournalToNoSessionWithoutOne() {
        here.claim(null);
        assertThat(deliver(sent(1, Samples.instance())))
                .isEqualTo(released(ReleaseReason.OTHER_INSTANCE));
        assertThat(deliver(sent(2, null))).isEqualTo(DISPATCHED);
    }

    @Test
    void releasesAnExpiredCommandByRedisClock() {
        here.claim(null);
        Instant now = get(new StreamTime(bench.login(Service.RESULTS_WRITER)).now());
        assertThat(get(here.deliveries.deliver(sent(1), now, here.session, true)))
                .isEqualTo(released(ReleaseReason.EXPIRED));
        assertThat(get(here.deliveries.deliver(sent(2), now.plusSeconds(60), here.session, true)))
                .isEqualTo(DISPATCHED);
    }

    @Test
    void releasesWhatThereIsNoRoomFor() {
        here.claim(null);
        assertThat(get(here.deliveries.deliver(sent(1), soon, here.session, false)))
                .isEqualTo(released(ReleaseReason.BUSY));
    }

    @Test
    void releasesWhatTheBridgeRefusesWithItsReasonAndOnce() {
        here.claim(null);
        StreamRecord.Command record = sent(1);
        assertThat(get(here.deliveries.refuse(record, ReleaseReason.UNOPENED)))
                .isEqualTo(released(ReleaseReason.UNOPENED));
        assertThat(deliver(record)).isEqualTo(DECIDED);
        assertThat(get(here.deliveries.refuse(sent(2), ReleaseReason.NOT_ENROLLED)))
                .isEqualTo(released(ReleaseReason.NOT_ENROLLED));
        assertThat(releases()).containsExactly(ReleaseReason.UNOPENED, ReleaseReason.NOT_ENROLLED);
        assertThat(deliver(sent(3))).isEqualTo(DISPATCHED);
    }

    /** The first reason in the order of spec 3.4 is the one that is told. */
    @Test
    void tellsTheFirstReasonOfSeveral() {
        Instant past = Instant.now().minusSeconds(60);
        SessionId session = here.session;
        assertThat(get(here.deliveries.deliver(sent(1, Samples.instance()), past, session, false)))
                .isEqualTo(released(ReleaseReason.OFFLINE));
        here.claim(null);
        assertThat(get(here.deliveries.deliver(sent(2, Samples.instance()), past, session, false)))
                .isEqualTo(released(ReleaseReason.OTHER_INSTANCE));
        assertThat(get(here.deliveries.deliver(sent(3), past, session, false)))
                .isEqualTo(released(ReleaseReason.EXPIRED));
        assertThat(get(here.deliveries.deliver(sent(4), soon, session, false)))
                .isEqualTo(released(ReleaseReason.BUSY));
    }

    @Test
    void dropsSilentlyWhatWasWrittenIntoAMemoryThatIsLost() {
        here.claim(null);
        StreamRecord.Command old = sent(1);
        bench.redis.flush();
        bench.project();
        here.claim(null);
        assertThat(deliver(old)).isEqualTo(OLD_LIFE);
        assertThat(get(there.deliveries.release(old, soon))).isEqualTo(OLD_LIFE);
        StreamRecord.Command again = sent(1);
        assertThat(again.life()).isNotEqualTo(old.life());
        assertThat(deliver(old)).isEqualTo(OLD_LIFE);
        assertThat(deliver(again)).isEqualTo(DISPATCHED);
        assertThat(events()).hasSize(1);
    }

    /** Its decision went with the memory, so only the life keeps it from running twice. */
    @Test
    void dropsSilentlyWhatWasDecidedInAMemoryThatIsLost() {
        here.claim(null);
        StreamRecord.Command record = sent(1);
        assertThat(deliver(record)).isEqualTo(DISPATCHED);
        bench.redis.flush();
        bench.project();
        here.claim(null);
        assertThat(deliver(record)).isEqualTo(OLD_LIFE);
    }

    @Test
    void remembersADecisionAnHourPastTheDeadline() {
        here.claim(null);
        deliver(sent(1));
        long expected =
                Duration.between(Instant.now(), soon).plus(Deliveries.REMEMBERED).toMillis();
        assertThat(ttl()).isBetween(expected - 30_000, expected + 1_000);
    }

    @Test
    void remembersADecisionAboutAnExpiredCommandForAnHourFromNow() {
        Instant past = Instant.now().minus(Duration.ofMinutes(30));
        get(here.deliveries.deliver(sent(1), past, here.session, true));
        assertThat(ttl())
                .isBetween(
                        Deliveries.REMEMBERED.toMillis() - 30_000,
                        Deliveries.REMEMBERED.toMillis());
    }

    /** Else a record read again after a long outage of all bridges would end what was run. */
    @Test
    void saysNothingOfARecordWhoseDecisionMayBeForgotten() {
        here.claim(null);
        StreamRecord.Command record = sent(1);
        assertThat(deliver(record)).isEqualTo(DISPATCHED);
        bench.raw.del(Keys.decided(command));
        Instant longPast = Instant.now().minus(Deliveries.REMEMBERED).minusSeconds(60);
        assertThat(get(there.deliveries.release(record, longPast))).isEqualTo(FORGOTTEN);
        assertThat(get(here.deliveries.deliver(record, longPast, here.session, true)))
                .isEqualTo(FORGOTTEN);
        assertThat(events()).hasSize(1);
    }

    private long ttl() {
        return bench.raw.pttl(Keys.decided(command));
    }

    @Test
    void goesOnAfterRedisForgotItsScripts() {
        here.claim(null);
        StreamRecord.Command record = sent(1);
        bench.forgetScripts();
        assertThat(deliver(record)).isEqualTo(DISPATCHED);
        bench.forgetScripts();
        assertThat(deliver(record)).isEqualTo(DECIDED);
        assertThat(events()).hasSize(1);
    }

    @Test
    void deliversARecordMadeByHandToAnyJournalAndCarriesItsEnvelope() {
        here.claim(Samples.instance());
        StreamRecord.HandMade made = made(soon);
        Bytes envelope = Bytes.utf8("{\"made\":\"here\"}");
        assertThat(get(here.deliveries.deliver(made, envelope, here.session, true)))
                .isEqualTo(DISPATCHED);
        assertThat(get(here.deliveries.deliver(made, envelope, here.session, true)))
                .isEqualTo(DECIDED);
        assertThat(events())
                .singleElement()
                .isInstanceOfSatisfying(
                        StreamRecord.Dispatched.class,
                        event -> {
                            assertThat(event.envelope()).isEqualTo(envelope);
                            assertThat(event.attempt()).isEqualTo(1);
                        });
    }

    @Test
    void releasesARecordMadeByHandWithItsEnvelopeNowOrNever() {
        Bytes envelope = Bytes.utf8("{\"made\":\"here\"}");
        StreamRecord.HandMade made = made(soon);
        assertThat(get(here.deliveries.release(made, envelope)))
                .isEqualTo(released(ReleaseReason.OFFLINE));
        here.claim(null);
        assertThat(get(here.deliveries.deliver(made, envelope, here.session, true)))
                .isEqualTo(DECIDED);
        assertThat(events())
                .singleElement()
                .isInstanceOfSatisfying(
                        StreamRecord.Released.class,
                        event -> assertThat(event.envelope()).isEqualTo(envelope));
    }

    @Test
    void releasesARecordMadeByHandThatCameTooLate() {
        here.claim(null);
        assertThat(
                        get(
                                here.deliveries.deliver(
                                        made(Instant.now().minusSeconds(1)),
                                        Bytes.utf8("{}"),
                                        here.session,
                                        true)))
                .isEqualTo(released(ReleaseReason.EXPIRED));
    }

    private StreamRecord.HandMade made(Instant expiresAt) {
        return new StreamRecord.HandMade(AGENT, Samples.TS, command, "STATUS", "{}", expiresAt);
    }

    /** One bridge with one session of the agent. */
    private static final class Bridge {
        final BridgeId id = Samples.bridge();
        final SessionId session = Samples.session();
        final Ownership ownership;
        final Deliveries deliveries;

        Bridge(Bench bench) {
            var connections = bench.login(Service.AGENT_BRIDGE);
            this.ownership = new Ownership(connections);
            this.deliveries = new Deliveries(connections, id);
        }

        void claim(@Nullable InstanceUid journal) {
            get(ownership.claim(Samples.hello(Samples.origin(id, session, journal, 0))));
        }
    }
}
