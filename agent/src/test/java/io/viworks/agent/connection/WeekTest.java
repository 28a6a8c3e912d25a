package io.viworks.agent.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.agent.connection.TestAuthority.Guests;
import io.viworks.agent.status.StatusQuestion;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * A week's life in a test's time: an agent with all its real parts, by clocks that run a hundred
 * times as fast, through what a week brings. Afterwards nothing of it has grown.
 */
class WeekTest {
    private static final int PACE = 100;

    /** Threads and descriptors that are there at one moment and not at another. */
    private static final int COMING_AND_GOING = 4;

    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final long MEBIBYTE = 1 << 20;

    @TempDir Path folder;
    private final HastyTime time = new HastyTime(Instant.now(), PACE);
    private FakeAdmin admin;
    private FakeBridge bridge;
    private Process agent;
    private BufferedReader out;
    private WeekOfBridge week;

    @BeforeEach
    void start() throws Exception {
        TestAuthority authority = new TestAuthority("site");
        Guests guests = new Guests(authority);
        admin =
                new FakeAdmin(TestAuthority.context(authority.server(), new Guests(authority)))
                        .token("join-me-once")
                        .clock(time::now)
                        .life(Duration.ofMinutes(3))
                        .certifies(authority, Duration.ofDays(90));
        bridge = TestAuthority.bridge(authority.server(), guests, false);
        bridge.answers(admin::answer);
        week = new WeekOfBridge(bridge, admin, time);
        script("create_panel_user", "cat > /dev/null; echo created $1");
        script("delete_panel_user", "echo gone >&2; exit 3");
        Files.writeString(folder.resolve("token"), "join-me-once");
        agent = agent(authority);
        out = agent.inputReader();
        week.open();
    }

    private void script(String verb, String text) throws Exception {
        Files.writeString(
                Files.createFile(
                        Files.createDirectories(folder.resolve("scripts")).resolve(verb),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rwxr-xr-x"))),
                "#!/bin/sh\n" + text + "\n");
    }

    private Process agent(TestAuthority authority) throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LongLivedAgent.class.getName(),
                        time.beginning().toString(),
                        String.valueOf(PACE));
        Map<String, String> environment = builder.environment();
        environment.put("VIW_AGENT_AGENT_ID", "gateway-1");
        environment.put("VIW_AGENT_BACKEND_URL", bridge.url().toString());
        environment.put("VIW_AGENT_DATA_DIR", folder.resolve("data").toString());
        environment.put("VIW_AGENT_IDENTITY_KEY_FILE", folder.resolve("key/own").toString());
        environment.put("VIW_AGENT_ENROLL_URL", admin.url().toString());
        environment.put("VIW_AGENT_ENROLL_TOKEN_FILE", folder.resolve("token").toString());
        environment.put("VIW_AGENT_ENROLL_CERTIFICATE", "true");
        environment.put("VIW_AGENT_TRUST_BUNDLE", authority.bundle(folder).toString());
        environment.put("VIW_AGENT_SCRIPTS_DIR", folder.resolve("scripts").toString());
        Files.createDirectories(folder.resolve("key"));
        return builder.redirectError(folder.resolve("log").toFile()).start();
    }

    @AfterEach
    void end() throws Exception {
        agent.destroyForcibly().waitFor();
        bridge.close();
        admin.close();
    }

    @Test
    void growsInNothingWhileItLivesThroughHours() throws Exception {
        lives(10, 40);
    }

    @Test
    @Tag("failure")
    void growsInNothingWhileItLivesThroughAWeek() throws Exception {
        lives(150, 2_400);
    }

    private void lives(int first, int more) throws Exception {
        week.goOn(first);
        Size before = size();
        week.goOn(more);
        Size after = size();
        await().atMost(PATIENCE)
                .until(() -> status().path("journal").path("entries").asInt(-1) == 0);
        JsonNode status = status();
        System.out.printf("%s: %s, then %s%n", week, before, after);
        assertThat(Files.readString(folder.resolve("log"))).doesNotContain("\"fault\"");
        assertThat(status.path("connection").path("sessions").asInt(0))
                .isGreaterThanOrEqualTo(first + more);
        assertThat(status.path("telemetry").path("dropped").asInt(-1)).isZero();
        assertThat(week.executions()).hasSizeGreaterThan(more).doesNotHaveDuplicates();
        // Sixteen end a session, time does on a machine that is held up.
        assertThat(week.beats()).isGreaterThan(3L * more);
        assertThat(week.renewals()).isGreaterThan(more / 40);
        assertThat(after.files()).isEqualTo(before.files());
        assertThat(after.threads()).isLessThanOrEqualTo(before.threads() + COMING_AND_GOING);
        assertThat(after.descriptors())
                .isLessThanOrEqualTo(before.descriptors() + COMING_AND_GOING);
        assertThat(after.journal()).isLessThan(3 * MEBIBYTE);
        assertThat(after.heap()).isLessThan(before.heap() + 2 * MEBIBYTE);
    }

    /** What the agent takes when it has nothing to do. */
    private record Size(
            List<String> files, long threads, long descriptors, long journal, long heap) {}

    private Size size() throws Exception {
        week.rest();
        await().atMost(PATIENCE)
                .until(() -> {
                    JsonNode status = status();
                    return status.path("journal").path("started").asInt(-1) == 0
                            && status.path("outbox").path("waiting").asInt(-1) == 0;
                });
        agent.outputWriter().append('\n').flush();
        long heap = Long.parseLong(Objects.requireNonNull(out.readLine()));
        JsonNode process = status().path("process");
        return new Size(
                files(),
                process.path("threads").asLong(0),
                process.path("descriptors").asLong(0),
                Files.size(folder.resolve("data/journal.log")),
                heap);
    }

    private List<String> files() throws Exception {
        try (Stream<Path> data = Files.walk(folder.resolve("data"));
                Stream<Path> key = Files.walk(folder.resolve("key"))) {
            return Stream.concat(data, key)
                    .map(file -> folder.relativize(file).toString())
                    // what is just being written, in the place of which the next one would come
                    .filter(file -> !file.endsWith(".new"))
                    .sorted()
                    .toList();
        }
    }

    private JsonNode status() throws Exception {
        return StatusQuestion.ask(folder.resolve("data"));
    }
}
