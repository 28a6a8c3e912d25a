package io.viworks.backplane.directory;

import static io.viworks.backplane.Bench.get;
import static io.viworks.backplane.Samples.AGENT;
import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.backplane.Bench;
import io.viworks.backplane.RedisAcl.Service;
import io.viworks.backplane.directory.DirectoryEntry.Status;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What Postgres says of agents, as bridges read it from Redis (spec 2.1). */
class DirectoryTest {
    private static final AgentId OTHER = AgentId.of("gateway-002");

    private final Bench bench = new Bench();
    private final DirectoryProjection projection =
            new DirectoryProjection(bench.login(Service.ADMIN_API));
    private final DirectoryProjection replica =
            new DirectoryProjection(bench.login(Service.ADMIN_API));
    private final Directory directory = new Directory(bench.login(Service.AGENT_BRIDGE));

    @AfterEach
    void close() {
        bench.close();
    }

    private static DirectoryEntry entry(AgentId agent, Status status, long rev) {
        return Bench.entry(agent, status, rev);
    }

    private Map<AgentId, Status> statuses(List<AgentId> agents) {
        return get(directory.entries(agents)).values().stream()
                .collect(Collectors.toMap(DirectoryEntry::agentId, DirectoryEntry::status));
    }

    @Test
    void bridgesReadWhatWasProjected() {
        DirectoryEntry entry =
                new DirectoryEntry(
                        AGENT,
                        Status.REVOKED,
                        true,
                        List.of(
                                new DirectoryEntry.Key("k-1", Bytes.of(new byte[32])),
                                new DirectoryEntry.Key("k.2_x", Bytes.utf8("0123456789abcdef"))),
                        List.of("ab".repeat(32), "cd".repeat(32)),
                        7);
        assertThat(get(projection.isMissing())).isTrue();
        OptionalLong version = get(projection.projectAll(List.of(entry)));
        assertThat(version).isPresent();
        assertThat(get(projection.isMissing())).isFalse();
        assertThat(get(directory.version())).isEqualTo(version);
        assertThat(get(directory.find(AGENT))).contains(entry);
        assertThat(get(directory.find(OTHER))).isEmpty();
        assertThat(statuses(List.of(AGENT, OTHER)))
                .containsOnlyKeys(AGENT)
                .containsValue(Status.REVOKED);
    }

    @Test
    void aNewEntryReplacesTheWholeOld() {
        get(
                projection.projectAll(
                        List.of(
                                new DirectoryEntry(
                                        AGENT,
                                        Status.ACTIVE,
                                        true,
                                        List.of(new DirectoryEntry.Key("k", Bytes.utf8("x"))),
                                        List.of("ab".repeat(32)),
                                        1))));
        DirectoryEntry bare = entry(AGENT, Status.ACTIVE, 2);
        get(projection.project(List.of(bare)));
        assertThat(get(directory.find(AGENT))).contains(bare);
    }

    /** Else a replica that read Postgres before a revocation could undo it. */
    @Test
    void anOlderRevisionNeverReplacesANewer() {
        get(projection.projectAll(List.of(entry(AGENT, Status.REVOKED, 5))));
        get(replica.project(List.of(entry(AGENT, Status.ACTIVE, 4))));
        get(replica.projectAll(List.of(entry(AGENT, Status.ACTIVE, 5))));
        assertThat(statuses(List.of(AGENT))).containsValue(Status.REVOKED);
        get(replica.project(List.of(entry(AGENT, Status.ACTIVE, 6))));
        assertThat(statuses(List.of(AGENT))).containsValue(Status.ACTIVE);
    }

    @Test
    void everyChangeRaisesTheVersionSoThatBridgesLookAgain() {
        long first = get(projection.projectAll(List.of())).orElseThrow();
        assertThat(get(directory.changedSince(first))).isEmpty();
        long second = get(replica.project(List.of(entry(AGENT, Status.ACTIVE, 1)))).orElseThrow();
        long third = get(projection.project(List.of(entry(AGENT, Status.ACTIVE, 2)))).orElseThrow();
        assertThat(List.of(first, second, third)).isSorted().doesNotHaveDuplicates();
        assertThat(get(directory.changedSince(first))).hasValue(third);
        assertThat(get(directory.changedSince(third))).isEmpty();
    }

    /** They must not look like the whole directory: a revoked agent would be unknown to it. */
    @Test
    void aFewEntriesDoNotMakeADirectory() {
        assertThat(get(projection.project(List.of(entry(AGENT, Status.ACTIVE, 1))))).isEmpty();
        assertThat(get(directory.version())).isEmpty();
        assertThat(get(projection.projectAll(List.of(entry(AGENT, Status.ACTIVE, 1))))).isPresent();
    }

    @Test
    void projectsManyThousandsAtOnce() {
        List<DirectoryEntry> all =
                IntStream.range(0, 2_345)
                        .mapToObj(i -> entry(AgentId.of("gateway-" + i), Status.ACTIVE, 1))
                        .toList();
        get(projection.projectAll(all));
        assertThat(statuses(all.stream().map(DirectoryEntry::agentId).toList()))
                .hasSize(all.size());
    }

    @Test
    void isMissingAfterRedisForgotEverythingUntilItIsProjectedAgain() {
        DirectoryEntry revoked = entry(AGENT, Status.REVOKED, 3);
        long before = get(projection.projectAll(List.of(revoked))).orElseThrow();
        bench.redis.flush();
        bench.forgetScripts();
        assertThat(get(projection.isMissing())).isTrue();
        assertThat(get(directory.changedSince(before))).isEmpty();
        assertThat(get(projection.project(List.of(entry(OTHER, Status.ACTIVE, 4))))).isEmpty();
        Bench.awaitClockPast(before);
        long after = get(replica.projectAll(List.of(revoked))).orElseThrow();
        assertThat(after).isGreaterThan(before);
        assertThat(get(directory.changedSince(before))).hasValue(after);
        assertThat(get(directory.find(AGENT))).contains(revoked);
    }

    /** Half of it is gone, so nobody may take it for the directory. */
    @Test
    void isNotPublishedWhenRedisForgetsOnTheWay() {
        List<DirectoryEntry> forgetful =
                new ForgetfulList(List.of(entry(AGENT, Status.REVOKED, 1)));
        assertThat(get(projection.projectAll(forgetful))).isEmpty();
        assertThat(get(directory.version())).isEmpty();
        get(projection.projectAll(List.of()));
        assertThat(get(projection.project(forgetful))).isEmpty();
        assertThat(get(directory.version())).isEmpty();
    }

    /** Has Redis forget everything when it is read: after the writing has begun. */
    private final class ForgetfulList extends ArrayList<DirectoryEntry> {
        private static final long serialVersionUID = 1L;

        ForgetfulList(List<DirectoryEntry> entries) {
            super(entries);
        }

        @Override
        public Object[] toArray() {
            bench.redis.flush();
            return super.toArray();
        }
    }

    @Test
    void replicasThatWriteAtOnceEndWithTheNewest() {
        get(projection.projectAll(List.of()));
        List<CompletableFuture<OptionalLong>> writes = new ArrayList<>();
        for (int rev = 100; rev > 0; rev--) {
            Status status = rev == 100 ? Status.DECOMMISSIONED : Status.ACTIVE;
            writes.add(
                    (rev % 2 == 0 ? projection : replica)
                            .project(List.of(entry(AGENT, status, rev)))
                            .toCompletableFuture());
        }
        List<Long> versions = writes.stream().map(write -> get(write).orElseThrow()).toList();
        assertThat(versions).doesNotHaveDuplicates();
        assertThat(get(directory.find(AGENT))).contains(entry(AGENT, Status.DECOMMISSIONED, 100));
    }

    @Test
    void anAgentMayBeCalledVersion() {
        AgentId named = AgentId.of("version");
        long version =
                get(projection.projectAll(List.of(entry(named, Status.REVOKED, 1)))).orElseThrow();
        assertThat(get(directory.version())).hasValue(version);
        assertThat(statuses(List.of(named))).containsValue(Status.REVOKED);
    }
}
