package io.viworks.backplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.viworks.testkit.RedisWithSentinels;
import io.viworks.testkit.TestRedis;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whom the connections talk to when sentinels, a replica or a cluster stand behind the URL. */
class SentinelTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final List<String> users =
            List.of(RedisAcl.line(RedisAcl.Service.RESULTS_WRITER, "secret"));

    @Test
    @Tag("failure")
    void theMasterIsFoundAndFoundAgainWhenItHasMoved() {
        try (RedisWithSentinels redis = RedisWithSentinels.start("operator", users);
                RedisConnections connections =
                        RedisConnections.open(redis.url("results-writer", "secret"), "test")) {
            await().atMost(PATIENCE).until(connections::connected);
            String before = get(connections);
            await().atMost(PATIENCE).until(() -> replicaIsThere(redis));
            redis.first().kill();
            await().atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(() -> connections.connected() && !get(connections).equals(before));
            try (ReaderConnection reader = connections.dialReader(Duration.ofSeconds(3))) {
                assertThat(RedisSettings.parsed(reader.ask(c -> c.info())))
                        .containsEntry("role", "master")
                        .containsEntry("tcp_port", String.valueOf(redis.second().port()));
            }
        }
    }

    /** The life is of one memory: another server's is another one (spec 3.3). */
    private static String get(RedisConnections connections) {
        try {
            return connections.life().toCompletableFuture().get(5, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean replicaIsThere(RedisWithSentinels redis) {
        try (RedisConnections operator =
                RedisConnections.open(
                        "redis://:operator@127.0.0.1:" + redis.first().port(), "test")) {
            return Answers.await(operator.ask(c -> c.info("replication"))).contains("state=online");
        }
    }

    @Test
    void aReplicaIsNotTakenForAMaster() {
        try (TestRedis master = TestRedis.start();
                TestRedis replica = TestRedis.start("replicaof 127.0.0.1 " + master.port())) {
            assertRefused(replica.port(), "it is a replica");
        }
    }

    @Test
    void aClusterIsRefusedWithTheReason() {
        try (TestRedis node = TestRedis.start("cluster-enabled yes")) {
            assertRefused(node.port(), "Redis Cluster, which is not supported");
        }
    }

    private static void assertRefused(int port, String why) {
        try (RedisConnections connections =
                RedisConnections.open("redis://127.0.0.1:" + port, "test")) {
            assertThatThrownBy(() -> connections.dialReader(Duration.ofSeconds(3)).close())
                    .isInstanceOf(WorldAway.class)
                    .hasMessageContaining(why);
            assertThat(connections.connected()).isFalse();
        }
    }
}
