package io.viworks.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.backplane.RedisAcl;
import io.viworks.protocol.CorrelationId;
import io.viworks.testkit.TcpProxy;
import io.viworks.testkit.TestPostgres;
import io.viworks.testkit.TestRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A writer while Postgres or Redis is away. */
class OutageTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final TestPostgres POSTGRES = TestPostgres.start();
    private static final TestRedis REDIS =
            TestRedis.start(RedisAcl.line(RedisAcl.Service.RESULTS_WRITER, "secret"));

    private final ResultsFixture fixture = new ResultsFixture(REDIS, POSTGRES);
    private final TcpProxy proxy = TcpProxy.to(POSTGRES.port());
    private final ResultsFixture.Writer writer =
            fixture.writer(
                            "a",
                            fixture.database
                                    .url()
                                    .replace(":" + POSTGRES.port() + "/", ":" + proxy.port() + "/"))
                    .start();
    private final Gateway gateway = fixture.gateway("gw-1");

    @AfterEach
    void close() {
        fixture.close();
        proxy.close();
    }

    @AfterAll
    static void stop() {
        POSTGRES.close();
        REDIS.close();
    }

    private List<CorrelationId> four() {
        List<CorrelationId> ids = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            ids.add(fixture.command("gw-1"));
        }
        await().until(() -> gateway.taken.containsAll(ids));
        return ids;
    }

    private void allSucceed(List<CorrelationId> ids) {
        await().atMost(LONG)
                .ignoreExceptions()
                .untilAsserted(() ->
                        assertThat(ids)
                                .allSatisfy(id ->
                                        assertThat(fixture.state(id)).isEqualTo("SUCCEEDED")));
        assertThat(writer.setAside()).isZero();
        assertThat(writer.loop.alive()).isTrue();
        assertThat(fixture.alarms()).isEmpty();
    }

    @Test
    void holdsItsBatchWhilePostgresIsKilled() {
        List<CorrelationId> ids = four();
        POSTGRES.kill();
        ids.forEach(id -> {
            gateway.ack(id);
            gateway.success(id);
        });
        await().atMost(LONG).until(() -> writer.loop.waitingFor().isPresent());
        POSTGRES.startAgain();
        allSucceed(ids);
    }

    @Test
    void holdsItsBatchWhilePostgresDoesNotAnswer() {
        List<CorrelationId> ids = four();
        proxy.swallow();
        ids.forEach(gateway::success);
        await().atMost(LONG).until(() -> writer.loop.waitingFor().isPresent());
        proxy.forward();
        allSucceed(ids);
    }

    @Test
    void goesOnAfterRedisWasKilled() {
        List<CorrelationId> ids = four();
        ids.forEach(gateway::ack);
        REDIS.kill();
        await().atMost(LONG).until(() -> writer.loop.waitingFor().isPresent());
        REDIS.startAgain();
        ids.forEach(id ->
                await().atMost(LONG)
                        .ignoreExceptions()
                        .until(() -> {
                            gateway.success(id);
                            return true;
                        }));
        await().atMost(LONG)
                .untilAsserted(() ->
                        assertThat(ids)
                                .allSatisfy(id ->
                                        assertThat(fixture.state(id)).isEqualTo("SUCCEEDED")));
    }
}
