package io.viworks.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.viworks.patience.Patience;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedServersTest {
    @TempDir private Path dir;

    @Test
    void redisKeepsItsDataOverAStopAndAKill() throws Exception {
        try (EmbeddedRedis redis =
                EmbeddedRedis.start(dir.resolve("redis"), 0, List.of("appendfsync always"))) {
            assertThat(ask(redis, "SET a 1")).isEqualTo("+OK");
            redis.stop();
            redis.startAgain();
            assertThat(ask(redis, "INCR a")).isEqualTo(":2");
            redis.kill();
            redis.startAgain();
            assertThat(ask(redis, "INCR a")).isEqualTo(":3");
        }
    }

    @Test
    void redisThatCannotStartSaysWhy() {
        assertThatThrownBy(() ->
                        EmbeddedRedis.start(dir.resolve("redis"), 0, List.of("no-such-thing")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("Redis ended at its start")
                .hasMessageContaining("no-such-thing");
    }

    @Test
    void aPausedRedisKeepsConnectionsAndAnswersNothing() throws Exception {
        try (EmbeddedRedis redis = EmbeddedRedis.start(dir.resolve("redis"), 0, List.of())) {
            redis.pause();
            assertThatThrownBy(() -> ask(redis, "PING", Duration.ofMillis(500)))
                    .isInstanceOf(java.net.SocketTimeoutException.class);
            redis.resume();
            assertThat(ask(redis, "PING")).isEqualTo("+PONG");
        }
    }

    @Test
    void postgresKeepsItsDataOverAStopAndAKillAndAsksForItsPassword() throws Exception {
        Path data = dir.resolve("postgres");
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(data, 0, Map.of())) {
            postgres.createDatabase("viworks");
            postgres.createDatabase("viworks");
            execute(postgres, "create table t (a int)");
            execute(postgres, "insert into t values (1)");
            postgres.kill();
            postgres.startAgain();
            execute(postgres, "insert into t values (2)");
            postgres.stop();
            postgres.startAgain();
            try (Connection connection = connect(postgres, postgres.password());
                    var rows =
                            connection.createStatement().executeQuery("select count(*) from t")) {
                rows.next();
                assertThat(rows.getInt(1)).isEqualTo(2);
            }
            assertThatThrownBy(() -> connect(postgres, "wrong")).isInstanceOf(SQLException.class);
            assertThat(
                            PosixFilePermissions.toString(
                                    Files.getPosixFilePermissions(data.resolve("password"))))
                    .isEqualTo("rw-------");
        }
        try (EmbeddedPostgres again = EmbeddedPostgres.start(data, 0, Map.of())) {
            execute(again, "insert into t values (3)");
        }
    }

    @Test
    void childrenEndWhenTheirParentIsKilled() throws Exception {
        Path pid = dir.resolve("pid");
        Process parent =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                Parent.class.getName(),
                                pid.toString(),
                                dir.resolve("redis").toString())
                        .inheritIO()
                        .start();
        await().until(() -> Files.exists(pid) && !Files.readString(pid).isEmpty());
        long child = Long.parseLong(Files.readString(pid));
        assertThat(ProcessHandle.of(child)).isPresent();
        parent.destroyForcibly().waitFor();
        await().until(() -> ProcessHandle.of(child).filter(ProcessHandle::isAlive).isEmpty());
    }

    /** Starts a Redis, writes down its pid, and waits to be killed. */
    static final class Parent {
        public static void main(String[] args) throws Exception {
            EmbeddedRedis redis = EmbeddedRedis.start(Path.of(args[1]), 0, List.of());
            Files.writeString(Path.of(args[0]), String.valueOf(redis.process().pid()));
            redis.process().waitFor();
        }

        private Parent() {}
    }

    private static String ask(EmbeddedRedis redis, String command) throws IOException {
        return ask(redis, command, Patience.LONGEST);
    }

    private static String ask(EmbeddedRedis redis, String command, Duration longest)
            throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), redis.port())) {
            socket.setSoTimeout(Math.toIntExact(longest.toMillis()));
            socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.UTF_8));
            byte[] answer = new byte[256];
            int length = socket.getInputStream().read(answer);
            return new String(answer, 0, length, StandardCharsets.UTF_8).strip();
        }
    }

    private static Connection connect(EmbeddedPostgres postgres, String password)
            throws SQLException {
        return DriverManager.getConnection(postgres.jdbcUrl("viworks"), postgres.user(), password);
    }

    private static void execute(EmbeddedPostgres postgres, String sql) throws SQLException {
        try (Connection connection = connect(postgres, postgres.password());
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
