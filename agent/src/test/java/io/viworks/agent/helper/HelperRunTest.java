package io.viworks.agent.helper;

import static io.viworks.agent.helper.HelperProcess.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.protocol.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** What a helper runs, and how all of it ends. */
@Timeout(300)
class HelperRunTest {
    @TempDir Path folder;
    private final String nap = "7" + ThreadLocalRandom.current().nextInt(100_000, 999_999);
    private HelperProcess helper;

    @BeforeEach
    void prepare() throws Exception {
        helper = new HelperProcess(folder);
    }

    @AfterEach
    void end() {
        helper.close();
        assertThat(naps()).isEmpty();
    }

    private List<ProcessHandle> naps() {
        return ProcessHandle.allProcesses()
                .filter(process ->
                        process.info()
                                .arguments()
                                .filter(arguments -> List.of(arguments).contains(nap))
                                .isPresent())
                .filter(process -> process.info().command().orElse("").endsWith("sleep"))
                .toList();
    }

    private static ObjectNode delete(String user) {
        return request("delete_panel_user", "{'username':'" + user + "'}");
    }

    @Test
    void exactlyTheWordsOfTheTableAndSecretsOnStandardInputOnly() throws Exception {
        helper.verb(
                        "create_panel_user",
                        "for word; do echo \"<$word>\"; done; tr '\\0' ' ' < /proc/$$/cmdline; echo;"
                                + " cat; pwd; id -u; env | sort; echo other >&2",
                        ", \"--user\", \"{username}\", \"{role}\", \"a b;c\"",
                        "stdin = [\"password\"]")
                .start();
        ObjectNode request =
                request(
                        "create_panel_user",
                        "{'username':'anna','password':'s3cret $(id) \\u00e9'}");
        ObjectNode answer = helper.ask(request);
        Path program = folder.resolve("create_panel_user");
        assertThat(answer.path("rc").asInt(-1)).isZero();
        assertThat(answer.path("stdout").asString("").lines().toList())
                .startsWith("<--user>", "<anna>", "<>", "<a b;c>")
                .contains(
                        "/bin/sh " + program + " --user anna  a b;c ",
                        "{\"password\":\"***\"}",
                        "/",
                        "LC_ALL=C.UTF-8",
                        "VIW_CORRELATION_ID=" + request.path("correlation_id").asString(""))
                .noneMatch(line -> line.contains("s3cret") || line.contains("JAVA"));
        assertThat(answer.path("stderr").asString("")).isEqualTo("other\n");
        assertThat(answer.path("stdout_sha256").asString(""))
                .isEqualTo(HelperWire.digest(answer.path("stdout").asString("")));
        assertThat(answer.path("duration_ms").isIntegralNumber()).isTrue();
    }

    @Test
    void onlyOnceUnderItsIdAndOnlyOnceUnderItsNonce() throws Exception {
        helper.verb("delete_panel_user", "echo ran >> " + folder + "/trace", "", "").start();
        ObjectNode first = delete("anna");
        byte[] line = HelperProcess.line(first);
        assertThat(helper.answer(line).path("rc").asInt(-1)).isZero();
        assertThat(helper.refusal(line)).isEqualTo("ReplayDetected");

        ObjectNode sameId = delete("anna");
        sameId.set("correlation_id", first.get("correlation_id"));
        assertThat(helper.refusal(sameId)).isEqualTo("ReplayDetected");
        ObjectNode sameNonce = delete("anna");
        sameNonce.set("nonce", first.get("nonce"));
        assertThat(helper.refusal(sameNonce)).isEqualTo("ReplayDetected");
        assertThat(Files.readAllLines(folder.resolve("trace"))).hasSize(1);
    }

    @Test
    void oneAuditLineForEachRunWithDigestsOnly() throws Exception {
        helper.verb(
                        "create_panel_user",
                        "echo made; exit 3",
                        ", \"{username}\"",
                        "stdin = [\"password\"]")
                .start();
        ObjectNode request =
                request("create_panel_user", "{'username':'hannelore','password':'hunter22-x'}");
        assertThat(helper.ask(request).path("rc").asInt(-1)).isEqualTo(3);
        ObjectNode line = helper.event("helper_run");
        assertThat(line.path("correlation_id")).isEqualTo(request.path("correlation_id"));
        assertThat(line.path("agent_id").asString("")).isEqualTo(HelperProcess.AGENT);
        assertThat(line.path("verb").asString("")).isEqualTo("create_panel_user");
        assertThat(line.path("rc").asInt(-1)).isEqualTo(3);
        assertThat(line.path("peer_user").asString("")).isEqualTo(HelperProcess.USER);
        assertThat(line.path("stdout_sha256").asString("")).isEqualTo(HelperWire.digest("made\n"));
        assertThat(line.path("stderr_sha256").asString("")).isEqualTo(HelperWire.digest(""));
        assertThat(line.path("args_hmac").asString(""))
                .isEqualTo(
                        HelperWire.mac(
                                Bytes.utf8(HelperProcess.SECRET),
                                request.path("args").toString().getBytes(StandardCharsets.UTF_8)));
        assertThat(helper.events("helper_run")).hasSize(1);
        assertThat(String.join("", helper.lines())).doesNotContain("hannelore", "hunter22");
    }

    @Test
    void noLongerThanTheTableOrTheRequestAllows() throws Exception {
        String sleepers = "echo begun; setsid sleep " + nap + " & sleep " + nap;
        helper.verb("delete_panel_user", sleepers, ", \"{username}\"", "timeout_secs = 3")
                .verb("delete_openvpn_user", sleepers, ", \"{username}\"", "")
                .start();
        ObjectNode byTable = helper.ask(delete("anna"));
        assertThat(byTable.path("error").path("code").asString("")).isEqualTo("ExecTimeout");
        assertThat(byTable.path("stdout").asString("")).isEqualTo("begun\n");
        assertThat(byTable.has("rc")).isFalse();
        assertThat(naps()).isEmpty();
        ObjectNode byRequest =
                helper.ask(
                        request("delete_openvpn_user", "{'username':'anna'}").put("timeout_s", 3));
        assertThat(byRequest.path("error").path("code").asString("")).isEqualTo("ExecTimeout");
        assertThat(naps()).isEmpty();
    }

    /** Half a close is enough: whoever asked may still hear how it ended. */
    @Test
    void killsTheWholeTreeWhenWhoeverAskedGivesUp() throws Exception {
        helper.verb(
                        "delete_panel_user",
                        "trap '' TERM; echo begun; setsid sleep " + nap + " & sleep " + nap,
                        ", \"{username}\"",
                        "")
                .start();
        try (SocketChannel channel = helper.connect()) {
            HelperProcess.write(channel, HelperProcess.line(delete("anna").put("progress", true)));
            LineReader lines = new LineReader(channel, HelperWire.MAX_ANSWER_BYTES);
            assertThat(new String(lines.next(), StandardCharsets.UTF_8))
                    .isEqualTo("{\"stream\":\"stdout\",\"chunk\":\"begun\\n\"}");
            await().until(() -> naps().size() == 2);
            channel.shutdownOutput();
            // The shell may still say that its child was killed.
            ObjectNode answer;
            do {
                answer = HelperProcess.json(new String(lines.next(), StandardCharsets.UTF_8));
            } while (answer.has("chunk"));
            assertThat(answer.path("error").path("code").asString("")).isEqualTo("Cancelled");
            assertThat(naps()).isEmpty();
        }
        try (SocketChannel channel = helper.connect()) {
            HelperProcess.write(channel, HelperProcess.line(delete("berta")));
            await().until(() -> naps().size() == 2);
        }
        await().until(() -> naps().isEmpty());
        await().until(() -> helper.events("helper_run").size() == 2);
    }

    @Test
    void severalAtATimeButNoMoreThanItsPlaces() throws Exception {
        helper.with("max_concurrency = 2\nallowed_users = [\"%s\"]".formatted(HelperProcess.USER))
                .verb(
                        "delete_panel_user",
                        "echo x >> "
                                + folder
                                + "/begun; while [ ! -e "
                                + folder
                                + "/go ]; do"
                                + " sleep 0.02; done",
                        ", \"{username}\"",
                        "")
                .start();
        List<CompletableFuture<ObjectNode>> running = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            running.add(
                    CompletableFuture.supplyAsync(
                            () -> {
                                try {
                                    return helper.ask(delete("anna"));
                                } catch (IOException e) {
                                    throw new IllegalStateException(e);
                                }
                            },
                            work -> Thread.ofVirtual().start(work)));
        }
        Path begun = folder.resolve("begun");
        await().until(() -> Files.exists(begun) && Files.readAllLines(begun).size() == 2);
        ObjectNode third = delete("anna");
        assertThat(helper.refusal(third)).isEqualTo("Busy");
        Files.createFile(folder.resolve("go"));
        for (CompletableFuture<ObjectNode> one : running) {
            assertThat(one.get().path("rc").asInt(-1)).isZero();
        }
        third.put("nonce", delete("anna").path("nonce").asString(""));
        assertThat(helper.ask(third).path("rc").asInt(-1)).isZero();
    }

    @Test
    void floodsAndProgramsThatDoNotReadTheirInputHurtNobody() throws Exception {
        helper.verb("delete_panel_user", "yes | head -c 30000000", "", "")
                .verb("create_panel_user", "exec true", "", "stdin = [\"password\"]")
                .verb(
                        "create_openvpn_user",
                        "exec >&- 2>&-; exec sleep 0.2",
                        "",
                        "stdin = [\"userpass\", \"key\", \"hmac_key\"]")
                .start();
        ObjectNode flood = helper.ask(delete("anna"));
        assertThat(flood.path("truncated").asBoolean(false)).isTrue();
        assertThat(flood.path("stdout").asString("").length()).isLessThanOrEqualTo(65_536);
        assertThat(flood.path("rc").asInt(-1)).isZero();
        ObjectNode deaf =
                helper.ask(request("create_panel_user", "{'username':'anna','password':'abc'}"));
        assertThat(deaf.path("rc").asInt(-1)).isZero();
        ObjectNode mute =
                helper.ask(
                        request(
                                "create_openvpn_user",
                                "{'username':'anna','userpass':'abc','source_ip':'10.0.0.1',"
                                        + "'key':'abc','hmac_key':'abc','timeout':5}"));
        assertThat(mute.path("rc").asInt(-1)).isZero();
    }

    @Test
    void tellsHowManyRefusalsItDidNotTell() throws Exception {
        helper.verb("delete_panel_user", "true", "", "").start();
        long begun = System.nanoTime();
        for (int i = 0; i < 200; i++) {
            assertThat(helper.refusal("no\n".getBytes(StandardCharsets.UTF_8)))
                    .isEqualTo("BadRequest");
        }
        // 50 at once, then 5 a second.
        long seconds = Duration.ofNanos(System.nanoTime() - begun).toSeconds();
        assertThat(helper.events("helper_refused").size())
                .isLessThanOrEqualTo(Math.toIntExact(51 + 5 * (seconds + 1)));
        await().untilAsserted(() -> {
            assertThat(helper.refusal("no\n".getBytes(StandardCharsets.UTF_8)))
                    .isEqualTo("BadRequest");
            assertThat(helper.events("helper_refused"))
                    .anyMatch(line -> line.path("untold").asInt(0) > 0);
        });
    }

    @Test
    void onlyForWhoMayAsk() throws Exception {
        helper.with("allowed_users = [\"nobody\"]")
                .verb("delete_panel_user", "touch " + folder + "/trace", "", "")
                .start();
        assertThat(helper.refusal(delete("anna"))).isEqualTo("PeerNotAllowed");
        try (SocketChannel channel = helper.connect()) {
            // also for one that reads to the end, which a reset would cut off
            HelperProcess.write(channel, HelperProcess.line(delete("anna")));
            ByteBuffer all = ByteBuffer.allocate(10_000);
            while (channel.read(all) >= 0) {
                assertThat(all.hasRemaining()).isTrue();
            }
            assertThat(new String(all.array(), 0, all.position(), StandardCharsets.UTF_8))
                    .contains("PeerNotAllowed");
        }
        assertThat(folder.resolve("trace")).doesNotExist();
        assertThat(helper.event("helper_refused").path("peer_user").asString(""))
                .isEqualTo(HelperProcess.USER);
        helper.close();
        String group = Files.readAttributes(folder, PosixFileAttributes.class).group().getName();
        helper.with("allowed_groups = [\"%s\"]".formatted(group)).start();
        assertThat(helper.ask(delete("anna")).path("rc").asInt(-1)).isZero();
    }

    @Test
    void itsSocketIsOpenToItsOwnerAndItsGroupOnly() throws Exception {
        helper.verb("delete_panel_user", "true", "", "").start();
        assertThat(Files.getPosixFilePermissions(helper.socket()))
                .isEqualTo(java.nio.file.attribute.PosixFilePermissions.fromString("rw-rw----"));
    }

    @Test
    void whenItIsAskedToEndItKillsTellsAndEndsWithZero() throws Exception {
        helper.verb("delete_panel_user", "sleep " + nap, ", \"{username}\"", "").start();
        try (SocketChannel channel = helper.connect()) {
            HelperProcess.write(channel, HelperProcess.line(delete("anna")));
            await().until(() -> naps().size() == 1);
            helper.process().toHandle().destroy(); // the process's own would close its output
            assertThat(HelperProcess.lastWord(channel).path("error").path("code").asString(""))
                    .isEqualTo("Interrupted");
        }
        assertThat(helper.process().waitFor()).isZero();
        assertThat(naps()).isEmpty();
        assertThat(helper.event("helper_stopped").path("level").asString("")).isEqualTo("INFO");
        assertThat(helper.event("helper_run").path("error").asString("")).isEqualTo("Interrupted");
    }
}
