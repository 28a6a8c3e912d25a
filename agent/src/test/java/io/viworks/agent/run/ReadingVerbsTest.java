package io.viworks.agent.run;

import static io.viworks.agent.run.Commands.command;
import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.agent.host.Host;
import io.viworks.agent.host.Systemd;
import io.viworks.agent.host.UnixServer;
import io.viworks.agent.process.ProcessRunner;
import io.viworks.protocol.Limits;
import io.viworks.protocol.frame.AgentFrame.FrameError;
import io.viworks.protocol.frame.AgentFrame.ResultStatus;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.frame.FrameCodec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** The verbs that only look, on this machine, and on engines and service managers made for it. */
@Timeout(300)
class ReadingVerbsTest {
    private static final Host HOST = new Host(List.of(Path.of("/")));

    private static final String HOW =
            ": no container engine listens there; install one (Debian: apt install docker.io"
                    + " or podman), or start it";

    @TempDir Path folder;

    @Test
    void echoGivesItsMessageBack() throws Exception {
        String message = "grüße \uD83D\uDE00 \\\\ $(id)";
        RunOutcome outcome = run(here(), command("echo", "{'message':'" + message + "'}"));
        assertThat(data(outcome).path("message").stringValue())
                .isEqualTo("grüße \uD83D\uDE00 \\ $(id)");
        assertThat(outcome.stdout()).isEqualTo("grüße \uD83D\uDE00 \\ $(id)");
        assertThat(outcome.rc()).isNull();
        assertThat(outcome.truncated()).isFalse();
    }

    @Test
    void healthTellsOfThisMachine() throws Exception {
        RunOutcome outcome = run(here(), command("get_system_health", "{}"));
        assertThat(outcome.status()).isEqualTo(ResultStatus.SUCCESS);
        ObjectNode data = data(outcome);
        assertThat(data.propertyNames())
                .containsExactly("cpu", "memory", "disks", "load", "uptime", "kernel");
        assertThat(data.at("/cpu/used_pct").doubleValue()).isBetween(0.0, 100.0);
        assertThat(data.at("/cpu/processors").intValue()).isPositive();
        assertThat(data.at("/memory/total_bytes").longValue())
                .isGreaterThan(data.at("/memory/available_bytes").longValue());
        assertThat(data.at("/disks/0/path").stringValue()).isEqualTo("/");
        assertThat(data.at("/disks/0/used_pct").doubleValue()).isBetween(0.1, 100.0);
        assertThat(data.at("/load/load1").doubleValue()).isNotNegative();
        assertThat(data.path("uptime").longValue()).isPositive();
        assertThat(data.path("kernel").stringValue()).isEqualTo(System.getProperty("os.version"));
        assertThat(outcome.stdout()).contains("cpu ", "disk / ", "kernel ");
    }

    @Test
    void listsContainers() throws Exception {
        Path socket = folder.resolve("engine.sock");
        String one =
                """
                {"Id":"0123456789abcdef","Names":["/web"],"Image":"nginx:1",\
                "State":"running","Created":1768478400}\
                """;
        try (UnixServer _ = UnixServer.engine(socket, one)) {
            RunOutcome outcome = run(engine(socket), command("list_containers", "{'all':true}"));
            assertThat(data(outcome).toString())
                    .isEqualTo(
                            """
                            {"containers":[{"id":"0123456789ab","name":"web","image":"nginx:1",\
                            "state":"running","created":"2026-01-15T12:00:00Z"}]}\
                            """);
            assertThat(outcome.stdout()).isEqualTo("0123456789ab running web nginx:1\n");
        }
    }

    @Test
    void leavesContainersOutOfAListThatNoFrameCouldHold() throws Exception {
        Path socket = folder.resolve("engine.sock");
        String[] many =
                IntStream.range(0, 2_000)
                        .mapToObj(i -> "{\"Id\":\"%012d\",\"Image\":\"i\"}".formatted(i))
                        .toArray(String[]::new);
        try (UnixServer _ = UnixServer.engine(socket, many)) {
            RunOutcome outcome = run(engine(socket), command("list_containers", "{}"));
            assertThat(outcome.truncated()).isTrue();
            assertThat(data(outcome).path("containers").size()).isBetween(100, 1_999);
            assertThat(new FrameCodec().encodeObject(data(outcome)).length)
                    .isLessThan(Limits.MAX_OUTPUT_BYTES + 100);
        }
    }

    @Test
    void saysWhereItLookedForAnEngine() throws Exception {
        Path none = folder.resolve("none.sock");
        assertThat(run(engine(none), command("list_containers", "{}")).error())
                .isEqualTo(new FrameError("ExecFailed", none + HOW));
    }

    @Test
    void saysWhyAnEngineCannotBeReached() throws Exception {
        Path dead = Files.createFile(folder.resolve("dead.sock"));
        assertThat(run(engine(dead), command("list_containers", "{}")).error())
                .isEqualTo(
                        new FrameError(
                                "ExecFailed",
                                "the container engine cannot be reached at %s: Connection refused"
                                        .formatted(dead)));
    }

    @Test
    void doesNotWaitForAnEngineThatHangs() throws Exception {
        Path socket = folder.resolve("engine.sock");
        try (UnixServer _ = new UnixServer(socket, true)) {
            // its own patience is 5 s, the command's 1 s
            RunOutcome outcome = run(engine(socket), command("list_containers", "{}", 1));
            assertThat(outcome.error())
                    .isEqualTo(new FrameError("ExecTimeout", "it ran longer than 1 s"));
            assertThat(Duration.between(outcome.startedAt(), outcome.finishedAt()))
                    .isLessThan(Duration.ofSeconds(5));
            assertThat(run(engine(socket), command("list_containers", "{}")).error())
                    .isEqualTo(
                            new FrameError(
                                    "ExecFailed",
                                    "the container engine did not answer within 5000 ms"));
        }
    }

    @Test
    void tellsTheStateOfAUnit() throws Exception {
        Path systemctl =
                program(
                        """
                        cat <<'E'
                        LoadState=loaded
                        ActiveState=active
                        SubState=running
                        StateChangeTimestamp=Thu 2026-01-15 12:00:00 UTC
                        MainPID=812
                        E
                        """);
        RunOutcome outcome = run(systemd(systemctl), status());
        assertThat(data(outcome).toString())
                .isEqualTo(
                        """
                        {"active":"active","sub":"running",\
                        "since":"2026-01-15T12:00:00Z","main_pid":812}\
                        """);
        assertThat(outcome.rc()).isZero();
        assertThat(outcome.stdout()).contains("ActiveState=active\n");
    }

    @Test
    void saysThatSystemdHasNoSuchUnit() throws Exception {
        Path systemctl =
                program("echo LoadState=not-found; echo ActiveState=inactive; echo MainPID=0\n");
        assertThat(run(systemd(systemctl), status()).error())
                .isEqualTo(
                        new FrameError("ExecFailed", "systemd has no such unit on this gateway"));
    }

    @Test
    void saysThatSystemdIsNotRunningHere() throws Exception {
        try (VerbExecutor executor = executor(new ServiceStatus(Optional::empty))) {
            assertThat(end(executor, status()).error())
                    .isEqualTo(new FrameError("ExecFailed", Systemd.MISSING));
        }
    }

    @Test
    void endsASystemctlThatHangs() throws Exception {
        Path systemctl = program("sleep 8801 & sleep 8802\n");
        Envelope status = command("get_service_status", "{'unit':'ssh.service'}", 1);
        assertThat(run(systemd(systemctl), status).error())
                .isEqualTo(new FrameError("ExecTimeout", "it ran longer than 1 s"));
    }

    private static Envelope status() {
        return command("get_service_status", "{'unit':'ssh.service'}");
    }

    private CommandExecutor here() {
        return engine(folder.resolve("none"));
    }

    private static CommandExecutor engine(Path socket) {
        return VerbExecutor.create(
                Commands.settings(),
                HOST,
                List.of(socket),
                ProcessRunner.create(),
                null,
                InstantSource.system(),
                _ -> {});
    }

    private CommandExecutor systemd(Path systemctl) {
        ProcessRunner runner = ProcessRunner.create();
        return executor(new ServiceStatus(() -> Systemd.find(folder, List.of(systemctl), runner)));
    }

    private static VerbExecutor executor(Action status) {
        InstantSource clock = InstantSource.system();
        return new VerbExecutor(
                Commands.settings(),
                Map.of("get_service_status", status),
                ProcessRunner.create(),
                new RunLog(null, clock),
                clock);
    }

    private Path program(String script) throws IOException {
        Path file = Files.writeString(folder.resolve("systemctl"), "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        return file;
    }

    private static RunOutcome run(CommandExecutor executor, Envelope envelope) throws Exception {
        try (executor) {
            return end(executor, envelope);
        }
    }

    private static RunOutcome end(CommandExecutor executor, Envelope envelope) throws Exception {
        assertThat(executor.check(envelope)).isEmpty();
        CompletableFuture<RunOutcome> end = new CompletableFuture<>();
        executor.reserve().orElseThrow().start(Warrant.unsigned(envelope), _ -> {}, end::complete);
        return end.get();
    }

    private static ObjectNode data(RunOutcome outcome) {
        return Objects.requireNonNull(outcome.data(), String.valueOf(outcome.error()));
    }
}
