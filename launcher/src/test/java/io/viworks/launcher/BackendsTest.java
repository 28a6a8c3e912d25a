package io.viworks.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.viworks.backplane.RedisAcl;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The embedded Redis and Postgres as the services of one start find them. */
class BackendsTest {
    private Home home;
    private Children children;
    private Backends backends;

    @BeforeEach
    void start(@TempDir Path folder) throws Exception {
        home = Home.open(folder.resolve("viw"), false);
        children = new Children();
        backends =
                Backends.start(
                        home,
                        new Ports(),
                        children,
                        new Console(
                                new PrintStream(
                                        new ByteArrayOutputStream(),
                                        true,
                                        StandardCharsets.UTF_8)));
    }

    @AfterEach
    void stop() {
        children.close();
        home.close();
    }

    @Test
    void everyServiceHasItsOwnRedisLoginThatMayNotForgetEverything() {
        for (RedisAcl.Service service : RedisAcl.Service.values()) {
            String url = of(service.user(), "VIW_REDIS_URL");
            assertThat(url).startsWith("redis://" + service.user() + ":");
            try (RedisClient client = RedisClient.create(url)) {
                var redis = client.connect().sync();
                assertThat(redis.ping()).isEqualTo("PONG");
                assertThatThrownBy(redis::flushall)
                        .isInstanceOf(RedisCommandExecutionException.class)
                        .hasMessageContaining("NOPERM");
            }
        }
        try (RedisClient client = RedisClient.create(backends.redisUrl())) {
            assertThat(client.connect().sync().flushall()).isEqualTo("OK");
        }
    }

    @Test
    void everyWriterLogsInAsItsRoleAndMakesNoTables() throws Exception {
        for (String service : new String[] {"telemetry-writer", "results-writer", "admin-api"}) {
            try (Connection connection =
                            DriverManager.getConnection(
                                    of(service, "VIW_JDBC_URL"),
                                    of(service, "VIW_JDBC_USER"),
                                    of(service, "VIW_JDBC_PASSWORD"));
                    var statement = connection.createStatement()) {
                assertThat(statement.execute("select count(*) from os_gateways")).isTrue();
                assertThatThrownBy(() -> statement.execute("create table t (a int)"))
                        .isInstanceOf(SQLException.class)
                        .hasMessageContaining("permission denied");
            }
        }
        assertThat(backends.environmentOf("agent-bridge")).doesNotContainKey("VIW_JDBC_URL");
    }

    private String of(String service, String name) {
        Map<String, String> environment = backends.environmentOf(service);
        return Objects.requireNonNull(environment.get(name), name);
    }
}
