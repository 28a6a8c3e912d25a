package io.viworks.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.Limits;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What the codec takes, leaves out, repairs and refuses. Quotes in the JSON here are single. */
class FrameCodecTest {
    private static final Instant ARRIVAL = Instant.parse("2026-01-15T12:00:00Z");
    private static final String C = "'correlation_id':'0190b3a4-0000-4000-8000-000000000001'";
    private static final String RESULT = "{'type':'RESULT','agent_id':'g'," + C;
    private static final String HELLO =
            "{'type':'HELLO','agent_id':'g','version':'1','capabilities':[]";
    private static final String ENVELOPE =
            C
                    + ",'agent_id':'g','verb':'echo','args':{'n':1},"
                    + "'issued_at':'2026-01-15T12:00:00Z','expires_at':'2026-01-22T12:00:00Z',"
                    + "'nonce':'0190b3a4-0000-4000-8000-000000000004','timeout_s':5,"
                    + "'issued_by':'alice'}";

    private final List<String> dropped = new ArrayList<>();
    private final FrameCodec codec =
            new FrameCodec((type, field) -> dropped.add(type + " " + field));

    // What is no frame at all

    static final List<String> NO_OBJECT =
            List.of(
                    "",
                    " ",
                    "null",
                    "[]",
                    "[{'type':'PING'}]",
                    "1",
                    "true",
                    "'PING'",
                    "not JSON",
                    "{",
                    "{'type'",
                    "{'type':'PING'",
                    "{'type':'PING',}",
                    "{'type':'PING'}{'type':'PING'}",
                    "{'type':'PING'} null",
                    "{'type':'PING'}]",
                    "{type:'PING'}",
                    "{'type':'PING','x':NaN}",
                    "{'type':'PING','x':01}",
                    "{'type':'PING' /* so */}",
                    "{'type':'PING','x':'a\nb'}",
                    "{'type':'PING','x':'\\x'}",
                    "\uFEFF{'type':'PING'}");

    @ParameterizedTest
    @FieldSource("NO_OBJECT")
    void refusesWhatIsNotOneJsonObject(String json) {
        assertThat(refusal(json).code()).isEqualTo(ErrorFrameCode.BAD_FRAME);
        assertThatThrownBy(() -> codec.decodeBridge(utf8(json))).isInstanceOf(BadFrame.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{'type':1}", "{'type':null}", "{'type':['PING']}"})
    void refusesAFrameWithoutAType(String json) {
        assertThat(refusal(json).code()).isEqualTo(ErrorFrameCode.BAD_FRAME);
        assertThat(refusal(json).problem()).isEqualTo("type must be a string");
    }

    @ParameterizedTest
    @ValueSource(strings = {"COMMAND", "WELCOME", "ping", "", "NEWS"})
    void namesTheTypesItKnows(String type) {
        BadFrame refusal = refusal("{'type':'" + type + "'}");
        assertThat(refusal.code()).isEqualTo(ErrorFrameCode.UNKNOWN_TYPE);
        assertThat(refusal.problem()).contains("HELLO, TELEMETRY").doesNotContain("NEWS");
    }

    @Test
    void refusesTheSameKeyTwiceAtAnyDepth() {
        assertThat(refusal("{'type':'PING','type':'PONG'}").problem()).contains("twice");
        assertThat(refusal("{'type':'PING','x':[{'a':1,'b':{},'a':null}]}").problem())
                .contains("twice");
        assertThat(refusal("{'type':'PING','x':1e999,'x':1}").problem()).contains("twice");
        assertThat(refusal("{'type':'PING','\\u0061':1,'a':1}").problem()).contains("twice");
    }

    @Test
    void refusesKeysThatBecomeTheSameWhenMadeStorable() {
        assertThat(refusal("{'type':'PING','a\\u0000':1,'a\\ud800':1}").problem())
                .contains("twice");
    }

    @Test
    void takesNestingUpToTheLimitAndNoDeeper() throws BadFrame {
        assertThat(decode(nested(Limits.MAX_DEPTH))).isEqualTo(new AgentFrame.Ping());
        assertThat(refusal(nested(Limits.MAX_DEPTH + 1)).problem()).contains("32 deep");
        assertThat(refusal(nested(100_000)).code()).isEqualTo(ErrorFrameCode.BAD_FRAME);
    }

    private static String nested(int depth) {
        int inner = depth - 1;
        return "{'type':'PING','x':" + "[".repeat(inner) + "]".repeat(inner) + "}";
    }

    @Test
    void refusesOtherEncodings() {
        for (var charset :
                List.of(
                        StandardCharsets.UTF_16LE,
                        StandardCharsets.UTF_16BE,
                        StandardCharsets.UTF_16,
                        StandardCharsets.UTF_32LE,
                        StandardCharsets.UTF_32BE)) {
            byte[] json = "{\"type\":\"PING\"}".getBytes(charset);
            assertThatThrownBy(() -> codec.decodeAgent(json, ARRIVAL))
                    .as(charset.name())
                    .isInstanceOf(BadFrame.class);
        }
        byte[] latin =
                "{\"type\":\"BYE\",\"reason\":\"\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1);
        assertThat(FrameCodec.isUtf8(latin)).isFalse();
        assertThatThrownBy(() -> codec.decodeAgent(latin, ARRIVAL)).isInstanceOf(BadFrame.class);
    }

    // What is made storable

    @Test
    void replacesNulAndLoneSurrogatesInStringsAndKeys() throws BadFrame {
        assertThat(decode("{'type':'BYE','reason':'a\\u0000b\\ud800c\\udc00\\ud83d\\ude00'}"))
                .isEqualTo(new AgentFrame.Bye("a\uFFFDb\uFFFDc\uFFFD\uD83D\uDE00"));
        assertThat(decode("{'type':'BYE','reason':'\\ud800\\ud83d\\ude00\\ud83d'}"))
                .isEqualTo(new AgentFrame.Bye("\uFFFD\uD83D\uDE00\uFFFD"));
        ObjectNode all = telemetry("'a\\u0000':'b\\u0000','c':['\\udfff']").metrics().all();
        assertThat(all.path("a\uFFFD").stringValue()).isEqualTo("b\uFFFD");
        assertThat(all.path("c").path(0).stringValue()).isEqualTo("\uFFFD");
        AgentFrame.Metrics metrics = telemetry("'services':{'a\\u0000':'\\u0000'}").metrics();
        assertThat(metrics.services()).containsExactly(Map.entry("a\uFFFD", "\uFFFD"));
    }

    @Test
    void writesWhateverAProcessPrinted() throws BadFrame {
        AgentFrame.Bye said = new AgentFrame.Bye("\uD83D\u0000\u001b\"\\\uDE00 \uD83D\uDE00");
        assertThat(codec.decodeAgent(codec.encode(said), ARRIVAL))
                .isEqualTo(new AgentFrame.Bye("\uFFFD\uFFFD\u001b\"\\\uFFFD \uD83D\uDE00"));
        ObjectNode odd = JsonNodeFactory.instance.objectNode();
        odd.put("k\u0000", Double.NaN).put("b", new byte[] {1, 2}).put("f", 1.5f);
        assertThat(codec.encodeObject(odd))
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("{\"k\uFFFD\":null,\"b\":\"AQI=\",\"f\":1.5}");
    }

    // Numbers and instants

    @Test
    void dropsAndCountsMetricsOutsideTheirRange() throws BadFrame {
        AgentFrame.Metrics metrics =
                telemetry(
                                "'cpu_pct':100.1,'mem_pct':-1,'disk_pct':100,'load1':1e300,"
                                        + "'containers_running':2147483648,'uptime':12345678901")
                        .metrics();
        assertThat(metrics.cpuPct()).isNull();
        assertThat(metrics.memPct()).isNull();
        assertThat(metrics.diskPct()).isEqualTo(100.0);
        assertThat(metrics.load1()).isNull();
        assertThat(metrics.containersRunning()).isNull();
        assertThat(metrics.all().path("uptime").longValue()).isEqualTo(12345678901L);
        assertThat(dropped)
                .containsExactly(
                        "TELEMETRY metrics.cpu_pct",
                        "TELEMETRY metrics.mem_pct",
                        "TELEMETRY metrics.load1",
                        "TELEMETRY metrics.containers_running");
    }

    @Test
    void dropsAndCountsNumbersNoColumnHolds() throws BadFrame {
        ObjectNode all =
                telemetry("'x':1e999999999,'y':[-1e400,1],'z':" + "9".repeat(350) + ",'w':1e308")
                        .metrics()
                        .all();
        assertThat(all.path("x").isNull()).isTrue();
        assertThat(all.path("y").path(0).isNull()).isTrue();
        assertThat(all.path("y").path(1).intValue()).isEqualTo(1);
        assertThat(all.path("z").isNull()).isTrue();
        assertThat(all.path("w").doubleValue()).isEqualTo(1e308);
        assertThat(dropped).containsExactly("TELEMETRY *", "TELEMETRY *", "TELEMETRY *");
    }

    @Test
    void keepsIntegersBeyondSixtyFourBits() throws BadFrame {
        ObjectNode all = telemetry("'x':18446744073709551615").metrics().all();
        assertThat(codec.encodeObject(all))
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("{\"x\":18446744073709551615}");
    }

    @Test
    void refusesNumbersOfMoreCharactersThanTheLimit() {
        assertThat(refusal("{'type':'PING','x':" + "9".repeat(100_000) + "}").problem())
                .contains("400 characters");
    }

    @Test
    void dropsWhatAResultMeasuredWrongAndKeepsTheResult() throws BadFrame {
        AgentFrame.Result result =
                (AgentFrame.Result)
                        decode(
                                RESULT
                                        + ",'status':'success','rc':4294967296,'duration_ms':-5,"
                                        + "'started_at':'2026-01-14T11:59:59Z',"
                                        + "'finished_at':'2026-01-14T12:00:00Z'}");
        assertThat(result.rc()).isNull();
        assertThat(result.durationMs()).isNull();
        assertThat(result.startedAt()).isNull();
        assertThat(result.finishedAt()).isEqualTo(ARRIVAL.minus(Duration.ofDays(1)));
        assertThat(dropped).containsExactly("RESULT rc", "RESULT started_at", "RESULT duration_ms");
        AgentFrame.Result fraction =
                (AgentFrame.Result)
                        decode(RESULT + ",'status':'error','duration_ms':12.5,'rc':1.0}");
        assertThat(fraction.durationMs()).isNull();
        assertThat(fraction.rc()).isEqualTo(1);
    }

    @Test
    void dropsATelemetryInstantTooFarFromArrival() throws BadFrame {
        String json = "{'type':'TELEMETRY','agent_id':'g','ts':'%s','metrics':{}}";
        AgentFrame ahead = decode(json.formatted("2026-01-16T12:00:00.001Z"));
        assertThat(((AgentFrame.Telemetry) ahead).ts()).isNull();
        assertThat(dropped).containsExactly("TELEMETRY ts");
        AgentFrame atTheEdge = decode(json.formatted("2026-01-16T12:00:00+00:00"));
        assertThat(((AgentFrame.Telemetry) atTheEdge).ts())
                .isEqualTo(ARRIVAL.plus(Duration.ofDays(1)));
    }

    @Test
    void refusesNumbersThatIdentifyWhenTheyAreOutOfRange() {
        String ack = "{'type':'ACK','agent_id':'g'," + C + ",'status':'accepted','attempt':";
        assertThat(refusal(ack + "0}").problem()).startsWith("attempt must be an integer from 1");
        assertThat(refusal(ack + "1e400}").code()).isEqualTo(ErrorFrameCode.BAD_FRAME);
        assertThat(refusal(HELLO + ",'protocol_version':99999999999}").problem())
                .startsWith("protocol_version must be");
        assertThat(dropped).isEmpty();
    }

    @Test
    void dropsAPauseOfMoreThanADay() throws BadFrame {
        AgentFrame.Ack ack =
                (AgentFrame.Ack)
                        decode(
                                "{'type':'ACK','agent_id':'g',"
                                        + C
                                        + ",'status':'rejected','retry_after_ms':86400001}");
        assertThat(ack.retryAfterMs()).isNull();
        assertThat(ack.attempt()).as("absent means the first").isEqualTo(1);
        assertThat(dropped).containsExactly("ACK retry_after_ms");
    }

    // Fields

    static final List<String> WRONG_FIELDS =
            List.of(
                    "agent_id is missing -> {'type':'HELLO','version':'1','capabilities':[]}",
                    "agent_id must be [A-Za-z0-9][A-Za-z0-9._-]{0,63}"
                            + " -> {'type':'HELLO','agent_id':'a b','version':'1',"
                            + "'capabilities':[]}",
                    "agent_id must be a string"
                            + " -> {'type':'HELLO','agent_id':7,'version':'1','capabilities':[]}",
                    "version is missing -> {'type':'HELLO','agent_id':'g','capabilities':[]}",
                    "version is missing"
                            + " -> {'type':'HELLO','agent_id':'g','version':null,'capabilities':[]}",
                    "capabilities is missing -> {'type':'HELLO','agent_id':'g','version':'1'}",
                    "capabilities must be an array of at most 64 strings"
                            + " -> {'type':'HELLO','agent_id':'g','version':'1','capabilities':[1]}",
                    "instance_uid must be a lower-case UUID -> "
                            + HELLO
                            + ",'instance_uid':'0190B3A4-0000-4000-8000-000000000001'}",
                    "labels must be an object -> " + HELLO + ",'labels':[]}",
                    "metadata must be an object -> " + HELLO + ",'metadata':'x'}",
                    "now must be an RFC 3339 instant in UTC -> " + HELLO + ",'now':'today'}",
                    "now must be an RFC 3339 instant in UTC -> "
                            + HELLO
                            + ",'now':'2026-01-15T12:00:00+01:00'}",
                    "now must be a string -> " + HELLO + ",'now':1768478400}",
                    "ts is missing -> {'type':'TELEMETRY','agent_id':'g','metrics':{}}",
                    "metrics is missing -> {'type':'TELEMETRY','agent_id':'g',"
                            + "'ts':'2026-01-15T12:00:00Z'}",
                    "metrics.cpu_pct must be a number -> {'type':'TELEMETRY','agent_id':'g',"
                            + "'ts':'2026-01-15T12:00:00Z','metrics':{'cpu_pct':'12'}}",
                    "metrics.services must be an object -> {'type':'TELEMETRY','agent_id':'g',"
                            + "'ts':'2026-01-15T12:00:00Z','metrics':{'services':[]}}",
                    "metrics.containers must be an array of objects ->"
                            + " {'type':'TELEMETRY','agent_id':'g',"
                            + "'ts':'2026-01-15T12:00:00Z','metrics':{'containers':['web']}}",
                    "correlation_id is missing ->"
                            + " {'type':'ACK','agent_id':'g','status':'accepted'}",
                    "status must be one of accepted, rejected -> {'type':'ACK','agent_id':'g',"
                            + C
                            + ",'status':'ACCEPTED'}",
                    "status must be one of success, error -> " + RESULT + ",'status':'ok'}",
                    "status is missing -> " + RESULT + "}",
                    "data must be an object -> " + RESULT + ",'status':'success','data':[]}",
                    "stdout must be a string -> " + RESULT + ",'status':'success','stdout':1}",
                    "truncated must be true or false -> "
                            + RESULT
                            + ",'status':'success','truncated':1}",
                    "error must be an object -> " + RESULT + ",'status':'error','error':'x'}",
                    "error.code is missing -> " + RESULT + ",'status':'error','error':{}}",
                    "execution_id must be a lower-case UUID -> "
                            + RESULT
                            + ",'status':'success','execution_id':'1'}",
                    "seq is missing -> {'type':'PROGRESS','agent_id':'g',"
                            + C
                            + ",'stream':'stdout','chunk':''}",
                    "stream must be one of stdout, stderr -> {'type':'PROGRESS','agent_id':'g',"
                            + C
                            + ",'seq':1,'stream':'stdin','chunk':''}",
                    "jobs is missing -> {'type':'JOB_STATUS'}",
                    "jobs must be an array of objects -> {'type':'JOB_STATUS','jobs':[1]}",
                    "jobs[].state must be one of unknown, accepted, running, finished, lost"
                            + " -> {'type':'JOB_STATUS','jobs':[{"
                            + C
                            + ",'state':'done'}]}",
                    "reason must be a string -> {'type':'BYE','reason':{}}");

    @ParameterizedTest
    @FieldSource("WRONG_FIELDS")
    void namesTheFieldAndWhatWouldBeRight(String line) {
        String[] parts = line.split(" -> ", 2);
        assertThat(refusal(parts[1]).code()).isEqualTo(ErrorFrameCode.BAD_FRAME);
        assertThat(refusal(parts[1]).problem()).isEqualTo(parts[0]);
    }

    @Test
    void ignoresFieldsItDoesNotKnow() throws BadFrame {
        assertThat(decode("{'future':{'x':[1,null]},'type':'PING','id':7}"))
                .isEqualTo(new AgentFrame.Ping());
    }

    @Test
    void takesAnErrorWithoutWords() throws BadFrame {
        AgentFrame.Result result =
                (AgentFrame.Result)
                        decode(RESULT + ",'status':'error','error':{'code':'ExecFailed'}}");
        assertThat(result.error()).isEqualTo(new AgentFrame.FrameError("ExecFailed", ""));
    }

    @Test
    void keepsWhatForeignAgentsSayOfServicesAndContainers() throws BadFrame {
        AgentFrame.Metrics metrics =
                telemetry(
                                "'services':{'a':'up','b':1,'c':true,'d':null,'e':{'x':[1]}},"
                                        + "'containers':[{'id':'1','state':7,'more':{}},{}]")
                        .metrics();
        assertThat(metrics.services())
                .containsExactly(
                        Map.entry("a", "up"),
                        Map.entry("b", "1"),
                        Map.entry("c", "true"),
                        Map.entry("d", ""),
                        Map.entry("e", "{\"x\":[1]}"));
        assertThat(metrics.containers())
                .containsExactly(
                        new AgentFrame.Container("1", "", "", "7"),
                        new AgentFrame.Container("", "", "", ""));
        assertThat(dropped).isEmpty();
    }

    @Test
    void saysWhichAgentAFrameNames() throws BadFrame {
        assertThat(decode("{'type':'HEARTBEAT','agent_id':'g'}").claimedAgent())
                .isEqualTo(AgentId.of("g"));
        assertThat(decode("{'type':'JOB_STATUS','agent_id':'h','jobs':[]}").claimedAgent())
                .isEqualTo(AgentId.of("h"));
        assertThat(decode(HELLO + "}").claimedAgent()).isEqualTo(AgentId.of("g"));
        assertThat(decode("{'type':'PING'}").claimedAgent()).isNull();
    }

    // HELLO

    @Test
    void refusesAHelloOverItsSize() throws BadFrame {
        String open = HELLO + ",'hostname':'";
        int room = Limits.MAX_HELLO_BYTES - utf8(open + "'}").length;
        assertThat(decode(open + "x".repeat(room) + "'}")).isInstanceOf(AgentFrame.Hello.class);
        assertThat(refusal(open + "x".repeat(room + 1) + "'}").code())
                .isEqualTo(ErrorFrameCode.HELLO_TOO_BIG);
        assertThat(decode("{'type':'BYE','reason':'" + "x".repeat(20_000) + "'}"))
                .as("another frame may be bigger")
                .isInstanceOf(AgentFrame.Bye.class);
    }

    @Test
    void boundsLabelsVerbsAndFeatures() throws BadFrame {
        assertThat(decode(HELLO + ",'labels':" + labels(32, 63, 255) + "}"))
                .isInstanceOf(AgentFrame.Hello.class);
        for (String labels :
                List.of(labels(33, 63, 1), labels(1, 64, 1), labels(1, 63, 256), "{'':'x'}")) {
            assertThat(refusal(HELLO + ",'labels':" + labels + "}").problem())
                    .isEqualTo(
                            "labels must be at most 32 strings of at most 255 characters,"
                                    + " by keys of 1 to 63");
        }
        assertThat(refusal(HELLO + ",'labels':{'a':1}}").problem()).startsWith("labels must be");
        assertThat(decode(HELLO + ",'supported_verbs':" + strings(64) + "}"))
                .isInstanceOf(AgentFrame.Hello.class);
        assertThat(refusal(HELLO + ",'supported_verbs':" + strings(65) + "}").problem())
                .isEqualTo("supported_verbs must be an array of at most 64 strings");
        assertThat(refusal(HELLO + ",'features':" + strings(33) + "}").problem())
                .isEqualTo("features must be an array of at most 32 strings");
    }

    private static String labels(int count, int keyLength, int valueLength) {
        List<String> labels = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String key = "%02d".formatted(i) + "k".repeat(keyLength - 2);
            labels.add("'" + key + "':'" + "v".repeat(valueLength) + "'");
        }
        return "{" + String.join(",", labels) + "}";
    }

    private static String strings(int count) {
        List<String> strings = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            strings.add("'s" + i + "'");
        }
        return "[" + String.join(",", strings) + "]";
    }

    @Test
    void takesAnOfferWithoutWhatItRequiresAsNotMade() throws BadFrame {
        String instance = ",'instance_uid':'0190b3a4-0000-4000-8000-000000000003'";
        String all = ",'features':['ack','job_status','journal','cancel','jws']";
        assertThat(hello(HELLO + instance + all + "}").features())
                .containsExactlyInAnyOrder("ack", "job_status", "journal", "cancel", "jws");
        assertThat(dropped).isEmpty();

        AgentFrame.Hello without = hello(HELLO + all + "}");
        assertThat(without.hasJournal()).isFalse();
        assertThat(without.features()).containsExactlyInAnyOrder("ack", "job_status", "jws");
        assertThat(dropped)
                .containsExactlyInAnyOrder("HELLO features.journal", "HELLO features.cancel");

        assertThat(hello(HELLO + instance + ",'features':['journal','ack']}").features())
                .containsExactly("ack");
        assertThat(hello(HELLO + instance + ",'features':['journal','job_status']}").features())
                .containsExactly("job_status");
        assertThat(hello(HELLO + ",'features':['cancel','ack','ack']}").features())
                .containsExactly("ack");
    }

    @Test
    void readsTheVerbsFromTheCapabilitiesOfOlderAgents() throws BadFrame {
        String json = "{'type':'HELLO','agent_id':'g','version':'1','capabilities':['echo']";
        assertThat(hello(json + "}").verbs()).containsExactly("echo");
        assertThat(hello(json + ",'supported_verbs':['tail_logs']}").verbs())
                .containsExactly("tail_logs");
    }

    // Frames to the agent

    @Test
    void leavesNothingOutOfACommand() throws BadFrame {
        String command = "{'type':'COMMAND','attempt':1," + ENVELOPE;
        assertThat(codec.decodeBridge(utf8(command))).isInstanceOf(BridgeFrame.Command.class);
        for (String wrong :
                List.of(
                        command.replace("'n':1", "'n':1e999"),
                        command.replace("'timeout_s':5", "'timeout_s':0"),
                        command.replace("'timeout_s':5", "'timeout_s':5.5"),
                        command.replace("'timeout_s':5,", ""),
                        command.replace("'args':{'n':1}", "'args':[]"),
                        command.replace("'issued_at':'2026", "'issued_at':'26"),
                        command.replace("'attempt':1", "'attempt':0"),
                        command.replace("'nonce':'0190b3a4", "'nonce':'"))) {
            assertThatThrownBy(() -> codec.decodeBridge(utf8(wrong)))
                    .as(wrong)
                    .isInstanceOf(BadFrame.class);
        }
    }

    @Test
    void looksAtNothingBesideASignature() throws BadFrame {
        String json = "{'type':'COMMAND','jws':'a.b.c','attempt':2," + ENVELOPE;
        assertThat(codec.decodeBridge(utf8(json)))
                .isInstanceOfSatisfying(
                        BridgeFrame.SignedCommand.class,
                        command -> assertThat(command.jws()).isEqualTo("a.b.c"));
    }

    @Test
    void carriesTheEnvelopesOwnBytes() throws BadFrame {
        byte[] envelope = utf8("{'verb':'x' , 'n':1.10,'s':'\\u0041'}");
        assertThat(codec.encodeCommand(envelope, 2, "t\"p"))
                .asString(StandardCharsets.UTF_8)
                .isEqualTo(
                        "{\"type\":\"COMMAND\",\"attempt\":2,\"traceparent\":\"t\\\"p\","
                                + "\"verb\":\"x\" , \"n\":1.10,\"s\":\"\\u0041\"}");
        for (String wrong : List.of("", "{}", "[1]", " {'a':1}")) {
            assertThatThrownBy(() -> codec.encodeCommand(utf8(wrong), 1, null))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void refusesAgentFramesFromABridge() {
        BadFrame refusal =
                catchThrowableOfType(BadFrame.class, () -> codec.decodeBridge(utf8(HELLO + "}")));
        assertThat(refusal.code()).isEqualTo(ErrorFrameCode.UNKNOWN_TYPE);
        assertThat(refusal.problem()).contains("HELLO_ACK, WELCOME");
    }

    @Test
    void takesAClockThatIsFarOff() throws BadFrame {
        String json =
                "{'type':'CANCEL'," + C + ",'expires_at':'1999-01-01T00:00:00Z','mode':'stop'}";
        assertThat(codec.decodeBridge(utf8(json))).isInstanceOf(BridgeFrame.Cancel.class);
    }

    private AgentFrame decode(String json) throws BadFrame {
        return codec.decodeAgent(utf8(json), ARRIVAL);
    }

    private AgentFrame.Hello hello(String json) throws BadFrame {
        return (AgentFrame.Hello) decode(json);
    }

    private AgentFrame.Telemetry telemetry(String metrics) throws BadFrame {
        return (AgentFrame.Telemetry)
                decode(
                        "{'type':'TELEMETRY','agent_id':'g','ts':'2026-01-15T12:00:00Z',"
                                + "'metrics':{"
                                + metrics
                                + "}}");
    }

    private BadFrame refusal(String json) {
        return catchThrowableOfType(BadFrame.class, () -> decode(json));
    }

    private static byte[] utf8(String json) {
        return json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    }
}
