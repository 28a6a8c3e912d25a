package io.viworks.agent.run;

import static io.viworks.agent.run.Commands.command;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.agent.host.Host;
import io.viworks.agent.process.ProcessRunner;
import io.viworks.protocol.Limits;
import io.viworks.protocol.frame.AgentFrame.FrameError;
import io.viworks.protocol.frame.EncodedText;
import io.viworks.protocol.frame.Envelope;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import tools.jackson.databind.node.ObjectNode;

/**
 * What somebody would try who may give this agent commands, and what a script may do to it that
 * somebody else has written: with the real executor, real scripts and real processes.
 */
@Timeout(90)
class AttackTest {
    /** Names that are none, whichever verb they are given to. */
    static final List<String> NAMES =
            List.of(
                    "--help",
                    "-rf",
                    "-",
                    "../../etc/passwd",
                    "/etc/passwd",
                    "a/b",
                    "..",
                    ".",
                    "",
                    " root",
                    "root ",
                    "a b",
                    "a\nb",
                    "a\n",
                    "a\r",
                    "a\u0000b",
                    "a\u0000",
                    "a;id",
                    "$(id)",
                    "`id`",
                    "a|id",
                    "a&id",
                    "*",
                    "a%0ab",
                    "~root",
                    "a'b",
                    "a\"b",
                    "a\\b",
                    "\u0440oot", // Cyrillic er
                    "ro\u043et", // Cyrillic o
                    "\uFF52\uFF4F\uFF4F\uFF54", // full width
                    "toor\u202e", // turned round
                    "ro\u200bot", // a space of no width
                    "root\u0301", // a combining mark
                    "\u0131d", // dotless i
                    "\u212Aey", // the sign of Kelvin, a k for who folds case
                    "Root",
                    "9lives",
                    "\uD800",
                    "x".repeat(33),
                    "x".repeat(100_000));

    /** Those of them that are names of containers or units, which are not names of users. */
    private static final Set<String> NO_USER_BUT_A_NAME = Set.of("Root", "9lives", "x".repeat(33));

    private static final List<String> SECONDS = List.of("9101", "9102", "9103");

    @TempDir Path folder;
    private @Nullable CommandExecutor running;

    @BeforeEach
    void witness() throws IOException {
        script("echo \"$#\" >>" + ran());
    }

    @AfterEach
    void nothingIsLeft() {
        executor().close();
        for (String seconds : SECONDS) {
            assertThat(sleeping(seconds)).isEmpty();
        }
    }

    @ParameterizedTest
    @FieldSource("NAMES")
    void lettersThatAreNoNameReachNoProgram(String name) {
        refuses("delete_panel_user", args -> args.put("username", name));
        refuses("delete_openvpn_user", args -> args.put("username", name));
        refuses("terminate_session", args -> args.put("username", name));
        refuses("create_panel_user", args -> args.put("username", name).put("password", "word"));
        refuses(
                "create_panel_user",
                args -> args.put("username", "jo").put("password", "word").put("role", name));
        refuses("create_openvpn_user", args -> openvpn(args).put("username", name));
        refuses("create_openvpn_user", args -> openvpn(args).put("source_ip", name));
        for (String verb : List.of("reload_service", "get_service_status")) {
            refuses(verb, args -> args.put("unit", name)); // the list holds none of them
        }
        refuses("tail_logs", args -> args.put("unit", name).put("lines", 1));
        if (!NO_USER_BUT_A_NAME.contains(name)) {
            for (String verb : List.of("stop_container", "restart_container")) {
                refuses(verb, args -> args.put("container", name));
            }
            refuses("spawn_container", args -> args.put("image", "alpine:3").put("name", name));
        }
        if (!name.equals("a;id") && !NO_USER_BUT_A_NAME.contains(name)) { // cursors have ; too
            refuses(
                    "tail_logs",
                    args ->
                            args.put("unit", "ssh.service")
                                    .put("lines", 1)
                                    .put("since_cursor", name));
        }
        refuses("spawn_container", args -> args.put("image", name).put("name", "web"));
    }

    @Test
    void refusesAddressesPortsAndNumbersThatAreNone() {
        for (String address :
                List.of(
                        "1.2.3.4;id",
                        "1.2.3",
                        "999.1.1.1",
                        "1.2.3.4/33",
                        "any",
                        "-A",
                        "\uFF11.1.1.1")) {
            refuses("create_openvpn_user", args -> openvpn(args).put("source_ip", address));
        }
        for (String port :
                List.of("80", "0:80", "80:0", "65536:80", "80:99999", "1.2.3.4:80", "80:80/icmp")) {
            refuses(
                    "spawn_container",
                    args ->
                            args.put("image", "alpine:3")
                                    .put("name", "w")
                                    .putArray("ports")
                                    .add(port));
        }
        for (int lines : new int[] {0, -1, 201, Integer.MAX_VALUE}) {
            refuses("tail_logs", args -> args.put("unit", "ssh.service").put("lines", lines));
        }
        refuses("create_openvpn_user", args -> openvpn(args).put("timeout", -1));
        refuses("create_openvpn_user", args -> openvpn(args).put("timeout", "60"));
    }

    @Test
    void refusesVariablesThatWouldSteerAContainer() {
        for (String variable : List.of("A=B", "A\n", "", "1A", "A B", "\uFF21")) {
            refuses(
                    "spawn_container",
                    args ->
                            args.put("image", "alpine:3")
                                    .put("name", "web")
                                    .putObject("env")
                                    .put(variable, "x"));
        }
        for (String value : List.of("a\nB=c", "a\u0000", "x".repeat(4_097))) {
            refuses(
                    "spawn_container",
                    args ->
                            args.put("image", "alpine:3")
                                    .put("name", "web")
                                    .putObject("env")
                                    .put("A", value));
        }
    }

    @Test
    void refusesArgumentsThatNoVerbKnows() {
        refuses("delete_panel_user", args -> args.put("username", "jo").put("flags", "-rf"));
        refuses("echo", args -> args.put("message", "x".repeat(4_097)));
        refuses("shutdown_agent", args -> args.put("reason", "a\nb"));
        refuses("list_sessions", args -> args.put("all", true));
    }

    @Test
    void givesAScriptNothingOfTheAgentsEnvironment() throws Exception {
        script("env | sort; echo --; cat /proc/$$/environ | tr '\\0' '\\n' | sort");
        RunOutcome outcome = run(delete());
        assertThat(System.getenv()).isNotEmpty();
        assertThat(outcome.stdout().lines())
                .extracting(line -> line.replaceAll("=.*", ""))
                .isSubsetOf(
                        "PATH",
                        "LC_ALL",
                        "TZ",
                        "VIW_CORRELATION_ID",
                        "PWD",
                        "OLDPWD",
                        "SHLVL",
                        "_",
                        "--");
        script("echo $PATH; pwd; nice");
        assertThat(run(delete()).stdout())
                .startsWith("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n/\n5\n");
    }

    @Test
    void isNotHurtByAFloodAtFullSpeed() throws Exception {
        script("yes 0123456789abcdef & yes fedcba9876543210 >&2 & wait");
        AtomicLong live = new AtomicLong();
        long before = heap();
        RunOutcome outcome = run(brief(2), live);
        assertThat(outcome.error()).extracting(FrameError::code).isEqualTo("ExecTimeout");
        assertThat(outcome.truncated()).isTrue();
        assertThat(EncodedText.length(outcome.stdout()))
                .isBetween(Limits.MAX_OUTPUT_BYTES - 2, Limits.MAX_OUTPUT_BYTES);
        assertThat(EncodedText.length(outcome.stderr()))
                .isBetween(Limits.MAX_OUTPUT_BYTES - 2, Limits.MAX_OUTPUT_BYTES);
        assertThat(live.get()).isLessThanOrEqualTo(2L * Limits.MAX_OUTPUT_BYTES);
        assertThat(heap() - before).isLessThan(64L << 20);
        stillWorks();
    }

    @Test
    void endsWhatForksMakesSessionsAndIgnoresTerm() throws Exception {
        script(
                """
                trap '' TERM HUP INT QUIT
                setsid sh -c 'trap "" TERM HUP; (setsid sleep 9101 &) ; sleep 9102' &
                while :; do sleep 9103; done
                """);
        RunOutcome outcome = run(brief(1));
        assertThat(outcome.error())
                .isEqualTo(new FrameError("ExecTimeout", "it ran longer than 1 s"));
        SECONDS.forEach(seconds -> assertThat(sleeping(seconds)).isEmpty());
        stillWorks();
    }

    @Test
    void doesNotWaitForChildrenThatHoldThePipe() throws Exception {
        script("(setsid sleep 9101 &); nohup sleep 9102 & echo done");
        RunOutcome outcome = run(delete());
        assertThat(outcome.error()).isNull();
        assertThat(outcome.stdout()).isEqualTo("done\n");
        assertThat(Duration.between(outcome.startedAt(), outcome.finishedAt()))
                .isLessThan(Duration.ofSeconds(10));
    }

    @Test
    void keepsNothingOfAChildThatFloodsAfterItsParentIsGone() throws Exception {
        script("trap '' TERM; yes 0123456789abcdef & sleep 0.3; exit 0");
        long before = heap();
        RunOutcome outcome = run(delete());
        assertThat(outcome.error()).isNull();
        assertThat(outcome.truncated()).isTrue();
        assertThat(heap() - before).isLessThan(16L << 20);
        stillWorks();
    }

    /** What cleans its environment, makes a session and gives up its parent is not found. */
    @Test
    void isNotHeldByAProcessThatGotAway() throws Exception {
        script("env -i setsid sh -c 'sleep 9101 & exit' ; sleep 0.1; echo done");
        run(delete());
        try {
            long files = files();
            int threads = ManagementFactory.getThreadMXBean().getThreadCount();
            for (int i = 0; i < 10; i++) {
                RunOutcome outcome = run(delete());
                assertThat(outcome.stdout()).isEqualTo("done\n");
                assertThat(Duration.between(outcome.startedAt(), outcome.finishedAt()))
                        .isLessThan(Duration.ofSeconds(5));
            }
            await().untilAsserted(() -> {
                assertThat(files()).isLessThanOrEqualTo(files + 3);
                assertThat(ManagementFactory.getThreadMXBean().getThreadCount())
                        .isLessThanOrEqualTo(threads + 3);
            });
        } finally {
            ProcessHandle.allProcesses()
                    .filter(handle -> handle.info().commandLine().orElse("").endsWith("sleep 9101"))
                    .forEach(ProcessHandle::destroyForcibly);
            await().until(() -> sleeping("9101").isEmpty());
        }
    }

    @Test
    void waitsForAScriptThatClosesItsOutput() throws Exception {
        Path go = folder.resolve("go");
        script("exec >&- 2>&- <&-; while [ ! -e " + go + " ]; do sleep 0.05; done; exit 7");
        CompletableFuture<RunOutcome> end = new CompletableFuture<>();
        executor()
                .reserve()
                .orElseThrow()
                .start(Warrant.unsigned(delete()), _ -> {}, end::complete);
        await().during(Duration.ofMillis(300)).until(() -> !end.isDone());
        Files.createFile(go);
        assertThat(end.get().rc()).isEqualTo(7);
    }

    @Test
    void survivesAForkBombThatItsTimeEnds() throws Exception {
        // each child makes two more until there are some hundred: enough to be more than a tree
        script(
                """
                f() { [ $1 -gt 6 ] && exec sleep 9101; f $(($1 + 1)) & f $(($1 + 1)) & wait; }
                f 0
                """);
        RunOutcome outcome = run(brief(3));
        assertThat(outcome.error()).extracting(FrameError::code).isEqualTo("ExecTimeout");
        assertThat(sleeping("9101")).isEmpty();
        stillWorks();
    }

    @Test
    void tellsTheSignalThatEndedAScript() throws Exception {
        script("kill -SEGV $$");
        RunOutcome outcome = run(delete());
        assertThat(outcome.rc()).isEqualTo(139);
        assertThat(outcome.error())
                .isEqualTo(new FrameError("ExecFailed", "the program ended with 139 (signal 11)"));
    }

    @Test
    void isNotHurtByBytesThatAreNoText() throws Exception {
        script("head -c 100000 /dev/urandom; printf '\\0\\033[2J\\377' >&2; exit 0");
        RunOutcome outcome = run(delete());
        assertThat(outcome.error()).isNull();
        assertThat(EncodedText.length(outcome.stdout()))
                .isLessThanOrEqualTo(Limits.MAX_OUTPUT_BYTES);
        stillWorks();
    }

    @Test
    void leavesNoThreadAndNoDescriptorBehind() throws Exception {
        script("cat; echo x; echo y >&2");
        for (int i = 0; i < 10; i++) {
            run(delete());
        }
        long files = files();
        int threads = ManagementFactory.getThreadMXBean().getThreadCount();
        for (int i = 0; i < 100; i++) {
            run(delete());
        }
        await().untilAsserted(() -> {
            assertThat(files()).isLessThanOrEqualTo(files + 3);
            assertThat(ManagementFactory.getThreadMXBean().getThreadCount())
                    .isLessThanOrEqualTo(threads + 3);
        });
    }

    private void stillWorks() throws Exception {
        assertThat(run(command("echo", "{'message':'here'}")).stdout()).isEqualTo("here");
        try (CommandExecutor.Place one = executor().reserve().orElseThrow();
                CommandExecutor.Place two = executor().reserve().orElseThrow()) {
            assertThat(List.of(one, two)).hasSize(2);
        }
    }

    private void refuses(String verb, Consumer<ObjectNode> args) {
        Envelope envelope = command(verb, "{}");
        args.accept(envelope.args());
        Optional<Refusal> refusal = executor().check(envelope);
        assertThat(refusal)
                .describedAs(verb + " " + envelope.args())
                .hasValueSatisfying(
                        why -> assertThat(why.code()).isIn("ValidationFailed", "LocalPolicy"));
        assertThat(ran()).doesNotExist();
    }

    private static ObjectNode openvpn(ObjectNode args) {
        return args.put("username", "jo")
                .put("userpass", "word")
                .put("source_ip", "192.0.2.1")
                .put("key", "aaaa")
                .put("hmac_key", "bbbb")
                .put("timeout", 60);
    }

    private static Envelope delete() {
        return command("delete_panel_user", "{'username':'jo'}");
    }

    private static Envelope brief(int seconds) {
        return command("delete_panel_user", "{'username':'jo'}", seconds);
    }

    private RunOutcome run(Envelope envelope) throws Exception {
        return run(envelope, new AtomicLong());
    }

    private RunOutcome run(Envelope envelope, AtomicLong live) throws Exception {
        assertThat(executor().check(envelope)).isEmpty();
        CompletableFuture<RunOutcome> end = new CompletableFuture<>();
        executor()
                .reserve()
                .orElseThrow()
                .start(
                        Warrant.unsigned(envelope),
                        output -> live.addAndGet(output.text().length()),
                        end::complete);
        return end.get();
    }

    private CommandExecutor executor() {
        CommandExecutor present = running;
        if (present == null) {
            present =
                    VerbExecutor.create(
                            new RunSettings(
                                    2,
                                    45,
                                    true,
                                    Set.of(),
                                    Set.of("ssh.service"),
                                    Set.of("alpine:3"),
                                    false,
                                    null,
                                    folder,
                                    null,
                                    null),
                            new Host(List.of(Path.of("/"))),
                            List.of(),
                            ProcessRunner.create(),
                            null,
                            InstantSource.system(),
                            _ -> {});
            running = present;
        }
        return present;
    }

    private Path ran() {
        return folder.resolve("ran");
    }

    private void script(String text) throws IOException {
        for (String verb :
                List.of(
                        "delete_panel_user",
                        "delete_openvpn_user",
                        "create_panel_user",
                        "create_openvpn_user")) {
            Path file = Files.writeString(folder.resolve(verb), "#!/bin/sh\n" + text + "\n");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    private static List<String> sleeping(String seconds) {
        return ProcessHandle.allProcesses()
                .flatMap(handle -> handle.info().commandLine().stream())
                .filter(line -> line.endsWith("sleep " + seconds))
                .toList();
    }

    private static long heap() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static long files() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }
}
