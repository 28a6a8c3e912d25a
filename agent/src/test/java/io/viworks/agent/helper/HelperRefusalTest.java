package io.viworks.agent.helper;

import static io.viworks.agent.helper.HelperProcess.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.protocol.Bytes;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** Everything a helper refuses, asked over its real socket; none of it leaves a trace of a run. */
@Timeout(300)
class HelperRefusalTest {
    @TempDir static Path folder;
    private static HelperProcess helper;

    @BeforeAll
    static void start() throws Exception {
        String ran = "echo ran >> " + folder.resolve("trace");
        helper =
                new HelperProcess(folder)
                        .verb("delete_panel_user", ran, ", \"{username}\"", "")
                        .verb("echo", ran, ", \"{message}\"", "")
                        .verb(
                                "reload_service",
                                ran,
                                ", \"{unit}\"",
                                "allow = { unit = [\"nginx.service\"] }")
                        .start();
    }

    @AfterAll
    static void stop() {
        helper.close();
    }

    @AfterEach
    void nothingRan() {
        assertThat(folder.resolve("trace")).doesNotExist();
    }

    private static ObjectNode delete() {
        return request("delete_panel_user", "{'username':'anna'}");
    }

    @Test
    void aMacThatIsNotTheRightOne() throws Exception {
        byte[] line = HelperProcess.line(delete());
        byte[] other = line.clone();
        other[0] = (byte) (other[0] == 'a' ? 'b' : 'a');
        assertThat(helper.refusal(other)).isEqualTo("BadMac");

        byte[] changed = line.clone();
        changed[line.length - 3] ^= 1;
        assertThat(helper.refusal(changed)).isEqualTo("BadMac");

        byte[] upper = line.clone();
        for (int i = 0; i < 64; i++) {
            upper[i] = (byte) Character.toUpperCase(upper[i]);
        }
        assertThat(helper.refusal(upper)).isEqualTo("BadMac");

        byte[] json = Arrays.copyOfRange(line, 65, line.length - 1);
        assertThat(helper.refusal(HelperWire.line(Bytes.utf8("another secret for it"), json)))
                .isEqualTo("BadMac");
    }

    /** A space more is another text, whatever JSON says. */
    @Test
    void theSameJsonInOtherBytes() throws Exception {
        String line = new String(HelperProcess.line(delete()), StandardCharsets.UTF_8);
        assertThat(
                        helper.refusal(
                                line.replace("{\"agent_id\"", "{ \"agent_id\"")
                                        .getBytes(StandardCharsets.UTF_8)))
                .isEqualTo("BadMac");
    }

    @Test
    void whatIsNoRequest() throws Exception {
        for (String line : new String[] {"\n", "GET / HTTP/1.1\n", "a".repeat(70) + "\n"}) {
            assertThat(helper.refusal(line.getBytes(StandardCharsets.UTF_8)))
                    .isEqualTo("BadRequest");
        }
        for (String json :
                new String[] {
                    "{}",
                    "[]",
                    "nonsense",
                    "{\"agent_id\":\"a\",\"agent_id\":\"b\"}",
                    "{\"a\":".repeat(40) + "1" + "}".repeat(40),
                    "{\"verb\":\"\ud800\"}"
                }) {
            byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
            assertThat(helper.refusal(HelperWire.line(Bytes.utf8(HelperProcess.SECRET), bytes)))
                    .as(json)
                    .isEqualTo("BadRequest");
        }
        byte[] latin = {'{', '"', (byte) 0xe4, '"', ':', '1', '}'};
        assertThat(helper.refusal(HelperWire.line(Bytes.utf8(HelperProcess.SECRET), latin)))
                .isEqualTo("BadRequest");
    }

    @Test
    void fieldsThatAreMissingUnknownOrOfAnotherForm() throws Exception {
        for (String name : delete().propertyNames()) {
            ObjectNode missing = delete();
            missing.remove(name);
            assertThat(helper.refusal(missing)).as(name).isEqualTo("BadRequest");
            ObjectNode other = delete();
            other.put(name, true);
            assertThat(helper.refusal(other)).as(name).isEqualTo("BadRequest");
        }
        assertThat(helper.refusal(delete().put("shell", "/bin/sh"))).isEqualTo("BadRequest");
        assertThat(helper.refusal(delete().put("ttl_s", 0))).isEqualTo("BadRequest");
        assertThat(helper.refusal(delete().put("ttl_s", 301))).isEqualTo("BadRequest");
        assertThat(helper.refusal(delete().put("ttl_s", 1.5))).isEqualTo("BadRequest");
        assertThat(helper.refusal(delete().put("issued_at", "yesterday"))).isEqualTo("BadRequest");
        assertThat(helper.refusal(delete().put("nonce", "1"))).isEqualTo("BadRequest");
    }

    @Test
    void aLineThatIsCutOffLongerThanAllowedOrFollowedByMore() throws Exception {
        byte[] line = HelperProcess.line(delete());
        try (SocketChannel channel = helper.connect()) {
            HelperProcess.write(channel, Arrays.copyOf(line, line.length - 1));
            channel.shutdownOutput();
            assertThat(code(HelperProcess.lastWord(channel))).isEqualTo("BadRequest");
        }
        byte[] endless = new byte[HelperWire.MAX_LINE_BYTES + 100_000];
        Arrays.fill(endless, (byte) 'a');
        assertThat(helper.refusal(endless)).isEqualTo("BadRequest");
        byte[] twice = Arrays.copyOf(line, line.length * 2);
        System.arraycopy(line, 0, twice, line.length, line.length);
        assertThat(helper.refusal(twice)).isEqualTo("BadRequest");
    }

    @Test
    void aRequestThatNeverEnds() throws Exception {
        try (SocketChannel channel = helper.connect()) {
            HelperProcess.write(channel, "0123".getBytes(StandardCharsets.UTF_8));
            long start = System.nanoTime();
            assertThat(code(HelperProcess.lastWord(channel))).isEqualTo("");
            assertThat(System.nanoTime() - start).isLessThan(40_000_000_000L);
        } catch (IOException e) {
            assertThat(e).isNotNull(); // the connection is cut: there is nobody to explain it to
        }
    }

    @Test
    void whatIsTooOldOrFromTheFuture() throws Exception {
        Instant now = Instant.now();
        assertThat(helper.refusal(delete().put("issued_at", now.minusSeconds(121).toString())))
                .isEqualTo("Expired");
        assertThat(helper.refusal(delete().put("issued_at", now.plusSeconds(60).toString())))
                .isEqualTo("ClockSkew");
    }

    @Test
    void whatItDoesNotKnow() throws Exception {
        assertThat(helper.refusal(delete().put("agent_id", "gateway-002")))
                .isEqualTo("ValidationFailed");
        assertThat(helper.refusal(request("delete_openvpn_user", "{'username':'anna'}")))
                .isEqualTo("VerbNotAllowed");
        assertThat(helper.refusal(request("rm", "{}"))).isEqualTo("VerbNotAllowed");
        assertThat(helper.refusal(request("../delete_panel_user", "{}")))
                .isEqualTo("VerbNotAllowed");
    }

    @Test
    void argumentsThatTheSchemaOrTheTableDoesNotAllow() throws Exception {
        for (String args :
                new String[] {
                    "{}",
                    "{'username':'-rf'}",
                    "{'username':'--help'}",
                    "{'username':'Anna'}",
                    "{'username':'../anna'}",
                    "{'username':'anna;id'}",
                    "{'username':'anna\\nroot'}",
                    "{'username':'anna\\u0000'}",
                    "{'username':'\\u0430nna'}",
                    "{'username':'anna\\u200b'}",
                    "{'username':['anna']}",
                    "{'username':'anna','force':true}"
                }) {
            assertThat(helper.refusal(request("delete_panel_user", args)))
                    .as(args)
                    .isEqualTo("ValidationFailed");
        }
        assertThat(helper.refusal(request("reload_service", "{'unit':'ssh.service'}")))
                .isEqualTo("LocalPolicy");
    }

    /** The schema of echo lets any text pass: what guards the command line is the helper's own. */
    @Test
    void textsThatCouldBecomeOptionsLinesOrOtherWords() throws Exception {
        for (String message :
                new String[] {
                    "-n",
                    "--version",
                    "\\u2013n",
                    "\\u2212n",
                    "\\uff0dn",
                    "a\\nb",
                    "a\\rb",
                    "a\\u0000b",
                    "a\\u001bb",
                    "a\\u0085b",
                    "a\\u2028b",
                    "a\\u202eb",
                    "a\\ud800b",
                    "a\\ufeffb",
                    ""
                }) {
            assertThat(helper.refusal(request("echo", "{'message':'" + message + "'}")))
                    .as(message)
                    .isEqualTo("ValidationFailed");
        }
    }

    @Test
    void whatIsRefusedIsInTheAuditWithoutItsArguments() throws Exception {
        // One of its own, for of many refusals it leaves some out.
        HelperProcess helper =
                new HelperProcess(Files.createDirectory(folder.resolve("own")))
                        .verb("delete_panel_user", "true", ", \"{username}\"", "")
                        .start();
        try {
            tellsWithoutArguments(helper);
        } finally {
            helper.close();
        }
    }

    private static void tellsWithoutArguments(HelperProcess helper) throws Exception {
        ObjectNode request = request("delete_panel_user", "{'username':'-Hunter22'}");
        assertThat(helper.refusal(request)).isEqualTo("ValidationFailed");
        String id = request.path("correlation_id").asString("");
        await().until(() -> helper.lines().stream().anyMatch(line -> line.contains(id)));
        ObjectNode line =
                helper.events("helper_refused").stream()
                        .filter(event -> event.path("correlation_id").asString("").equals(id))
                        .findAny()
                        .orElseThrow();
        assertThat(line.path("peer_user").asString("")).isEqualTo(HelperProcess.USER);
        assertThat(line.path("verb").asString("")).isEqualTo("delete_panel_user");
        assertThat(line.path("error").asString("")).isEqualTo("ValidationFailed");
        assertThat(String.join("", helper.lines())).doesNotContain("Hunter22");
    }

    /** What was refused is spent: nobody who saw the line can send it when it would be let in. */
    @Test
    void theNonceOfSomethingThatWasRefused() throws Exception {
        ObjectNode refused = request("delete_panel_user", "{'username':'-rf'}");
        assertThat(helper.refusal(refused)).isEqualTo("ValidationFailed");
        ObjectNode same = delete();
        same.set("nonce", refused.get("nonce"));
        assertThat(helper.refusal(same)).isEqualTo("ReplayDetected");
    }

    @Test
    void everythingWhileItsSecretCannotBeTrusted() throws Exception {
        try {
            HelperProcess.file(helper.secret(), HelperProcess.SECRET, "rw-r--r--");
            assertThat(helper.refusal(delete())).isEqualTo("NotReady");
            HelperProcess.file(helper.secret(), "short", "r--r-----");
            assertThat(helper.refusal(delete())).isEqualTo("NotReady");
            Files.delete(helper.secret());
            assertThat(helper.refusal(delete())).isEqualTo("NotReady");
        } finally {
            HelperProcess.file(helper.secret(), HelperProcess.SECRET, "r--r-----");
        }
        assertThat(helper.refusal(delete().put("nonce", UUID.randomUUID() + "x")))
                .isEqualTo("BadRequest");
    }

    @Test
    void aProgramThatSomebodyElseCouldHaveChanged() throws Exception {
        Path program = folder.resolve("delete_panel_user");
        String script = Files.readString(program);
        HelperProcess.file(program, script, "rwxrwxrwx");
        try {
            assertThat(helper.refusal(delete())).isEqualTo("NotReady");
        } finally {
            HelperProcess.file(program, script, "rwxr-xr-x");
        }
    }

    private static String code(ObjectNode answer) {
        return answer.path("error").path("code").asString("");
    }
}
