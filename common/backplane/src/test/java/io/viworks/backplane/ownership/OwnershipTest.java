package io.viworks.backplane.ownership;

import static io.viworks.backplane.Bench.get;
import static io.viworks.backplane.Samples.AGENT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.backplane.Bench;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisAcl.Service;
import io.viworks.backplane.Samples;
import io.viworks.backplane.directory.DirectoryEntry;
import io.viworks.backplane.directory.DirectoryEntry.Status;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.SessionId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two bridges, one agent, and the scripts of spec 3.3 between them. */
class OwnershipTest {
    private static final List<String> WITH = List.of("cd34", "ab12");
    private static final Claim GONE = new Claim.CredentialGone();

    private final Bench bench = new Bench();
    private final Owners owners = new Owners(bench.login(Service.RESULTS_WRITER));
    private final Side one = new Side(bench);
    private final Side other = new Side(bench);

    @AfterEach
    void close() {
        bench.close();
    }

    private Owner owner() {
        return get(owners.find(AGENT)).orElseThrow();
    }

    private List<StreamRecord.OfHello> hellos() {
        return bench.records(Keys.AGENT_HELLO, StreamRecord.OfHello.class);
    }

    private static long epochOf(StreamRecord.OfHello record) {
        return ((StreamRecord.Hello) record).origin().epoch();
    }

    @Test
    void claimsAnAgentNobodyHoldsAndTellsTheWriters() {
        bench.project();
        InstanceUid journal = Samples.instance();
        long before = Instant.now().toEpochMilli() - 5;
        Claim.Won won = one.wins(one.hello(one.session, journal));
        assertThat(won.displaced()).isNull();
        assertThat(won.epoch()).isBetween(before, before + 60_000);
        assertThat(owner()).isEqualTo(new Owner(one.bridge, one.session, won.epoch(), journal));
        assertThat(bench.raw.pttl(Keys.owner(AGENT))).isBetween(10_000L, 30_000L);
        assertThat(hellos())
                .singleElement()
                .isInstanceOfSatisfying(
                        StreamRecord.Hello.class,
                        hello -> {
                            assertThat(hello.origin().sessionId()).isEqualTo(one.session);
                            assertThat(hello.origin().epoch()).isEqualTo(won.epoch());
                            assertThat(hello.origin().instanceUid()).isEqualTo(journal);
                        });
    }

    @Test
    void theNewestSessionWinsAndIsToldWhomItDisplaced() {
        bench.project();
        Claim.Won first = one.wins();
        Claim.Won second = other.wins();
        assertThat(second.epoch()).isGreaterThan(first.epoch());
        assertThat(second.displaced())
                .isEqualTo(new Owner(one.bridge, one.session, first.epoch(), null));
        assertThat(owner().sessionId()).isEqualTo(other.session);
        assertThat(hellos()).extracting(OwnershipTest::epochOf).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void anEpochGrowsAlsoWhenTheClockDoesNot() {
        bench.project();
        long future = Instant.now().plus(Duration.ofDays(1)).toEpochMilli();
        one.wins();
        bench.raw.hset(
                Keys.owner(AGENT), "epoch", Long.toString(future).getBytes(StandardCharsets.UTF_8));
        assertThat(other.wins().epoch()).isEqualTo(future + 1);
    }

    @Test
    void theSameClaimAgainIsAnsweredAsBeforeAndWrittenOnce() {
        bench.project();
        Claim.Won first = one.wins();
        Claim.Won again = one.wins();
        assertThat(again).isEqualTo(first);
        assertThat(hellos()).hasSize(1);
    }

    @Test
    void aReclaimIsRefusedWhileAnotherSessionHoldsTheAgent() {
        bench.project();
        one.wins();
        Claim.Won newer = other.wins();
        assertThat(one.reclaim())
                .isEqualTo(
                        new Claim.Taken(
                                new Owner(other.bridge, other.session, newer.epoch(), null)));
        assertThat(owner().sessionId()).isEqualTo(other.session);
        assertThat(hellos()).hasSize(2);
    }

    @Test
    void aReclaimTakesAnExpiredAgentBackWithAGreaterEpoch() {
        bench.project();
        Claim.Won first = one.wins();
        expire();
        assertThat(one.renew()).isEqualTo(Hold.MISSING);
        Bench.awaitClockPast(first.epoch());
        assertThat(one.reclaim())
                .isInstanceOfSatisfying(
                        Claim.Won.class,
                        won -> {
                            assertThat(won.epoch()).isGreaterThan(first.epoch());
                            assertThat(won.displaced()).isNull();
                        });
        assertThat(one.renew()).isEqualTo(Hold.HELD);
        assertThat(hellos()).extracting(OwnershipTest::epochOf).hasSize(2).isSorted();
    }

    /** A bridge that wakes from a pause finds that its agent has moved. */
    @Test
    void aSleeperThatWakesNeitherRenewsNorReclaimsNorReleases() {
        bench.project();
        one.wins();
        expire();
        Claim.Won moved = other.wins();
        assertThat(moved.displaced()).isNull();
        assertThat(one.renew()).isEqualTo(Hold.OTHER);
        assertThat(one.reclaim()).isInstanceOf(Claim.Taken.class);
        assertThat(one.release()).isEqualTo(Hold.OTHER);
        assertThat(other.renew()).isEqualTo(Hold.HELD);
        assertThat(owner().epoch()).isEqualTo(moved.epoch());
        assertThat(hellos()).noneMatch(StreamRecord.Gone.class::isInstance);
    }

    @Test
    void aRenewalProlongsOnlyWhatTheSessionHolds() {
        bench.project();
        one.wins();
        bench.raw.pexpire(Keys.owner(AGENT), 5_000);
        assertThat(other.renew()).isEqualTo(Hold.OTHER);
        assertThat(bench.raw.pttl(Keys.owner(AGENT))).isLessThanOrEqualTo(5_000);
        assertThat(one.renew()).isEqualTo(Hold.HELD);
        assertThat(bench.raw.pttl(Keys.owner(AGENT))).isGreaterThan(10_000);
    }

    @Test
    void renewsManyInBatchesAndAnswersForEach() {
        bench.project();
        Map<AgentId, SessionId> held = new LinkedHashMap<>();
        Map<AgentId, Hold> expected = new LinkedHashMap<>();
        for (int i = 0; i < 1_203; i++) {
            AgentId agent = AgentId.of("gateway-" + i);
            SessionId session = Samples.session();
            Hold hold = List.of(Hold.HELD, Hold.OTHER, Hold.MISSING).get(i % 3);
            switch (hold) {
                case HELD -> owns(agent, session);
                case OTHER -> owns(agent, Samples.session());
                case MISSING -> {}
            }
            held.put(agent, session);
            expected.put(agent, hold);
        }
        assertThat(get(one.ownership.renew(held))).isEqualTo(expected);
        assertThat(get(one.ownership.renew(Map.of()))).isEmpty();
    }

    private void owns(AgentId agent, SessionId session) {
        bench.raw.hset(
                Keys.owner(agent),
                "session_id",
                session.toString().getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aReleaseEndsTheSessionAndSaysSo() {
        bench.project();
        one.wins();
        assertThat(one.release()).isEqualTo(Hold.HELD);
        assertThat(get(owners.find(AGENT))).isEmpty();
        assertThat(hellos().getLast()).isInstanceOf(StreamRecord.Gone.class);
        assertThat(one.renew()).isEqualTo(Hold.MISSING);
    }

    /** Otherwise a session whose key expired before it ended would seem to go on. */
    @Test
    void aReleaseSaysSoAlsoWhenTheKeyIsGone() {
        bench.project();
        one.wins();
        expire();
        assertThat(one.release()).isEqualTo(Hold.MISSING);
        assertThat(hellos().getLast()).isInstanceOf(StreamRecord.Gone.class);
    }

    @Test
    void aRevokedAgentGetsNoSessionAndLosesNoneByTrying() {
        bench.project();
        Claim.Won won = one.wins();
        long rev = 0;
        for (Status status : List.of(Status.REVOKED, Status.DECOMMISSIONED)) {
            bench.project(Bench.entry(AGENT, status, ++rev));
            assertThat(other.claim()).isEqualTo(new Claim.Refused(status));
            assertThat(one.reclaim()).isEqualTo(new Claim.Refused(status));
        }
        assertThat(owner().epoch()).isEqualTo(won.epoch());
        assertThat(hellos()).hasSize(1);
        bench.project(Bench.entry(AGENT, Status.ACTIVE, 9));
        assertThat(other.wins().displaced()).isNotNull();
    }

    @Test
    void aClaimNeedsWhatOpenedTheSessionToCountStill() {
        DirectoryEntry.Key key = new DirectoryEntry.Key("k1", Bytes.of(new byte[32]));
        OpenedBy both = new OpenedBy("k1", "ab12", false);
        bench.project(new DirectoryEntry(AGENT, Status.ACTIVE, true, List.of(key), WITH, 1));
        assertThat(one.claim(both)).isInstanceOf(Claim.Won.class);
        assertThat(one.claim(new OpenedBy("k1", null, false))).isInstanceOf(Claim.Won.class);
        assertThat(one.claim(new OpenedBy(null, "ab12", false))).isInstanceOf(Claim.Won.class);
        assertThat(one.claim(new OpenedBy("k", null, false))).isEqualTo(GONE);
        assertThat(one.claim(new OpenedBy("1", null, false))).isEqualTo(GONE);
        assertThat(one.claim(new OpenedBy(null, "ab1", false))).isEqualTo(GONE);
        assertThat(one.claim(new OpenedBy(null, "b12", false))).isEqualTo(GONE);
        bench.project(new DirectoryEntry(AGENT, Status.ACTIVE, true, List.of(), WITH, 2));
        assertThat(one.claim(both)).isEqualTo(GONE);
        bench.project(new DirectoryEntry(AGENT, Status.ACTIVE, true, List.of(key), List.of(), 3));
        assertThat(one.claim(both)).isEqualTo(GONE);
        assertThat(get(one.ownership.reclaim(one.hello(one.session, null), both))).isEqualTo(GONE);
    }

    @Test
    void theSharedSecretOpensNoAgentWithACredential() {
        OpenedBy shared = new OpenedBy(null, null, true);
        bench.project();
        assertThat(one.claim(shared)).isInstanceOf(Claim.Won.class);
        bench.project(new DirectoryEntry(AGENT, Status.ACTIVE, true, List.of(), List.of(), 1));
        assertThat(one.claim(shared)).isEqualTo(new Claim.CredentialNeeded());
        bench.project(new DirectoryEntry(AGENT, Status.ACTIVE, false, List.of(), List.of(), 2));
        assertThat(one.claim(shared)).isInstanceOf(Claim.Won.class);
    }

    @Test
    void nobodyGetsInWhileTheDirectoryIsNotProjected() {
        assertThat(one.claim()).isEqualTo(new Claim.DirectoryAway());
        assertThat(one.reclaim()).isEqualTo(new Claim.DirectoryAway());
        assertThat(hellos()).isEmpty();
    }

    @Test
    void ownersAreClaimedAgainAfterRedisForgotEverything() {
        bench.project();
        Claim.Won before = one.wins();
        bench.redis.flush();
        assertThat(one.renew()).isEqualTo(Hold.MISSING);
        assertThat(one.reclaim()).isEqualTo(new Claim.DirectoryAway());
        bench.project();
        Bench.awaitClockPast(before.epoch());
        assertThat(one.reclaim())
                .isInstanceOfSatisfying(
                        Claim.Won.class,
                        won -> assertThat(won.epoch()).isGreaterThan(before.epoch()));
        assertThat(other.reclaim()).isInstanceOf(Claim.Taken.class);
        assertThat(hellos()).hasSize(1);
    }

    @Test
    void goesOnAfterRedisForgotItsScripts() {
        bench.project();
        one.wins();
        bench.forgetScripts();
        assertThat(one.renew()).isEqualTo(Hold.HELD);
        bench.forgetScripts();
        assertThat(other.wins().displaced()).isNotNull();
        bench.forgetScripts();
        assertThat(other.release()).isEqualTo(Hold.HELD);
        assertThat(hellos()).hasSize(3);
    }

    /** Each claim displaces the one before it: nobody is displaced twice, nobody forgotten. */
    @Test
    void claimsAtTheSameTimeMakeOneChain() {
        bench.project();
        Map<SessionId, CompletableFuture<Claim>> claims = new LinkedHashMap<>();
        for (int i = 0; i < 200; i++) {
            Side side = i % 2 == 0 ? one : other;
            SessionId session = Samples.session();
            claims.put(
                    session, side.ownership.claim(side.hello(session, null)).toCompletableFuture());
        }
        Map<Long, SessionId> byEpoch = new TreeMap<>();
        Set<SessionId> displaced = new HashSet<>();
        claims.forEach((session, claim) -> {
            Claim.Won won = (Claim.Won) get(claim);
            assertThat(byEpoch.put(won.epoch(), session)).isNull();
            Owner loser = won.displaced();
            if (loser != null) {
                assertThat(displaced.add(loser.sessionId())).isTrue();
            }
        });
        List<SessionId> order = new ArrayList<>(byEpoch.values());
        assertThat(owner().sessionId()).isEqualTo(order.getLast());
        assertThat(displaced).isEqualTo(new HashSet<>(order.subList(0, order.size() - 1)));
        assertThat(
                        hellos().stream()
                                .map(hello -> ((StreamRecord.Hello) hello).origin().sessionId())
                                .collect(Collectors.toList()))
                .isEqualTo(order);
    }

    private void expire() {
        bench.raw.pexpire(Keys.owner(AGENT), 1);
        await().until(() -> bench.raw.exists(Keys.owner(AGENT)) == 0);
    }

    /** One bridge with one session of the agent. */
    private static final class Side {
        final BridgeId bridge = Samples.bridge();
        final SessionId session = Samples.session();
        final Ownership ownership;

        Side(Bench bench) {
            this.ownership = new Ownership(bench.login(Service.AGENT_BRIDGE));
        }

        StreamRecord.Hello hello(SessionId session, @Nullable InstanceUid journal) {
            return Samples.hello(Samples.origin(bridge, session, journal, 0));
        }

        Claim claim() {
            return get(ownership.claim(hello(session, null)));
        }

        Claim claim(OpenedBy by) {
            return get(ownership.claim(hello(session, null), by));
        }

        Claim.Won wins() {
            return wins(hello(session, null));
        }

        Claim.Won wins(StreamRecord.Hello hello) {
            Claim claim = get(ownership.claim(hello));
            assertThat(claim).isInstanceOf(Claim.Won.class);
            return (Claim.Won) claim;
        }

        Claim reclaim() {
            return get(ownership.reclaim(hello(session, null)));
        }

        Hold renew() {
            Map<AgentId, Hold> holds = get(ownership.renew(Map.of(AGENT, session)));
            assertThat(holds).containsOnlyKeys(AGENT);
            return holds.values().iterator().next();
        }

        Hold release() {
            return get(ownership.release(Samples.gone(Samples.origin(bridge, session, null, 9))));
        }
    }
}
