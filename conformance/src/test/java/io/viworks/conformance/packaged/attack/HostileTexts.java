package io.viworks.conformance.packaged.attack;

import static io.viworks.conformance.packaged.attack.AttackedStack.BYSTANDER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.conformance.packaged.attack.AttackedStack.Enrolled;
import io.viworks.testkit.ScriptedAgent;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Texts that could do harm to what stands behind the door: a database, a log, a terminal. */
abstract class HostileTexts {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String LINE =
            "{\"ts\":\"2026-01-01T00:00:00Z\",\"level\":\"ERROR\",\"msg\":\"%s\"}"
                    .formatted(LogLines.FORGED);

    private static final List<String> HARM =
            List.of(
                    "'; drop table os_gateways cascade; --",
                    "') ; delete from agent_commands; --",
                    "\\'; select pg_sleep(30); --",
                    "$$; drop table api_tokens; $$",
                    "a\r\n" + LINE + "\r\n",
                    "a\n" + LINE + "\n",
                    "a\u2028" + LINE,
                    "a\u0085" + LINE,
                    "\"}\n" + LINE + "\n{\"a\":\"",
                    "\u001b[2J\u001b[31m\u001b]0;owned\u0007",
                    "\u009b31m\u202e\u2066",
                    "${jndi:ldap://127.0.0.1:1/a}${env:PATH}",
                    "#{7*7}{{7*7}}%n%s%x{}",
                    "x\u0000y",
                    "viw:owner:*\r\nFLUSHALL\r\n",
                    "\ud83d\udca9 caf\u00e9 \uff11");

    private static AttackedStack stack() {
        return HostileWorldTest.stack();
    }

    /** U+0000 cannot be stored (spec 2). */
    private static String stored(String text) {
        return text.replace('\u0000', '\ufffd');
    }

    @Test
    void whatAnAgentSaysOfItselfIsShownAsItSaidIt() throws Exception {
        int n = 0;
        for (String harm : HARM) {
            String name = "hostile-" + n++;
            String key = harm.substring(0, Math.min(60, harm.length()));
            try (ScriptedAgent agent = stack().shared(name).open()) {
                ObjectNode hello = agent.hello("ack");
                hello.put("version", "1.0.0").put("hostname", harm).put("site", harm);
                hello.put("boot_id", harm);
                hello.putObject("labels").put("k", harm).put(key, "v");
                hello.putObject("metadata").put(harm, harm).putArray("list").add(harm);
                hello.putArray("supported_verbs").add("echo").add(harm);
                agent.send(hello).next("WELCOME");
                ObjectNode telemetry = agent.telemetry();
                ObjectNode metrics = (ObjectNode) telemetry.path("metrics");
                metrics.put("cpu_pct", 1.5).put(harm, harm);
                metrics.putObject("services").put(harm, harm);
                metrics.putArray("containers")
                        .addObject()
                        .put("id", harm)
                        .put("name", harm)
                        .put("image", harm)
                        .put("state", harm);
                agent.send(telemetry);
                await().atMost(Duration.ofSeconds(60))
                        .ignoreExceptions()
                        .untilAsserted(() -> assertShown(name, harm, key));
                agent.send("{\"type\":\"BYE\",\"reason\":" + JSON.writeValueAsString(harm) + "}");
            }
        }
        for (String stream : List.of("viw.agent_hello", "viw.telemetry", "viw.command_results")) {
            JsonNode letters = deadLetters(stream);
            assertThat(letters.path("items").size()).as(letters.toString()).isZero();
        }
    }

    private static void assertShown(String name, String harm, String key) throws Exception {
        JsonNode gateway = stack().gateway(name);
        assertThat(gateway.path("hostname").asString()).isEqualTo(stored(harm));
        assertThat(gateway.path("reported_site").asString()).isEqualTo(stored(harm));
        assertThat(gateway.path("reported_labels").path("k").asString()).isEqualTo(stored(harm));
        assertThat(gateway.path("reported_labels").has(stored(key))).isTrue();
        assertThat(gateway.path("site").asString("")).isEmpty();
        JsonNode services = stack().get("/gateways/" + name + "/services");
        assertThat(services.toString()).contains(JSON.writeValueAsString(stored(harm)));
    }

    private static JsonNode deadLetters(String stream) throws Exception {
        return stack().get("/dead-letters/" + stream);
    }

    @Test
    void whatARunSaysComesBackAsItWasSaid() throws Exception {
        Enrolled enrolled = stack().enrol("hostile-results");
        try (ScriptedAgent agent = enrolled.handshake(stack()).open()) {
            ObjectNode hello = agent.hello("ack");
            hello.putArray("supported_verbs").add("echo");
            agent.send(hello).next("WELCOME");
            stack().awaitConnected(enrolled.agentId());
            for (String harm : HARM) {
                String id = stack().echo(enrolled.agentId(), "say it");
                agent.next("COMMAND");
                ObjectNode result =
                        agent.json("RESULT").put("correlation_id", id).put("status", "error");
                result.put("stdout", harm).put("stderr", harm).put("rc", 1);
                result.putObject("data").put(harm, harm);
                result.putObject("error").put("code", "ExecFailed").put("msg", harm);
                agent.send(result).next("RESULT_ACK");
                JsonNode ended = stack().ended(enrolled.agentId(), id);
                assertThat(ended.path("state").asString()).isEqualTo("FAILED");
                assertThat(ended.at("/results/0/stdout").asString()).isEqualTo(stored(harm));
                assertThat(ended.at("/results/0/data").path(stored(harm)).asString())
                        .isEqualTo(stored(harm));
            }
        }
    }

    @Test
    void whatACallerSaysReachesTheAgentAsItWasSaidOrIsRefused() throws Exception {
        for (String harm : HARM) {
            String path = "/gateways/" + BYSTANDER + "/commands";
            Map<String, Object> echo =
                    Map.of("command", "echo", "parameters", Map.of("message", harm));
            HttpResponse<String> answer =
                    stack().send("POST", path, stack().admin(), JSON.writeValueAsString(echo));
            if (answer.statusCode() == 202) {
                String id = JSON.readTree(answer.body()).path("correlation_id").asString();
                JsonNode ended = stack().ended(BYSTANDER, id);
                assertThat(ended.path("state").asString()).isEqualTo("SUCCEEDED");
                assertThat(ended.at("/results/0/data/message").asString()).isEqualTo(stored(harm));
            } else {
                assertRefused(harm, answer);
            }
            for (String field : List.of("command", "correlation_id", "delivery")) {
                Map<String, Object> changed = new TreeMap<>(echo);
                changed.put(field, harm);
                assertRefused(
                        harm,
                        stack().send(
                                        "POST",
                                        path,
                                        stack().admin(),
                                        JSON.writeValueAsString(changed)));
            }
            if (harm.chars().allMatch(c -> c >= 0x20 && c < 0x7f)) {
                assertStands(
                        harm,
                        stack().send(
                                        "POST",
                                        path,
                                        stack().admin(),
                                        JSON.writeValueAsString(echo),
                                        "Idempotency-Key",
                                        harm,
                                        "traceparent",
                                        harm));
            }
        }
    }

    @Test
    void whatAnAdminRegistersIsShownAsItWasWrittenOrRefused() throws Exception {
        int n = 0;
        for (String harm : HARM) {
            String id = "registered-" + n++;
            Map<String, Object> gateway =
                    Map.of(
                            "agent_id",
                            id,
                            "name",
                            harm,
                            "site",
                            harm,
                            "labels",
                            Map.of("k", harm, harm, "v"));
            HttpResponse<String> answer =
                    stack().send(
                                    "POST",
                                    "/gateways/register",
                                    stack().admin(),
                                    JSON.writeValueAsString(gateway));
            assertStands(harm, answer);
            if (answer.statusCode() / 100 == 2) {
                JsonNode shown = stack().gateway(id);
                assertThat(shown.path("site").asString()).isEqualTo(stored(harm));
                assertThat(shown.path("labels").path("k").asString()).isEqualTo(stored(harm));
            }
            assertRefused(
                    harm,
                    stack().send(
                                    "POST",
                                    "/gateways/register",
                                    stack().admin(),
                                    JSON.writeValueAsString(Map.of("agent_id", harm))));
            assertStands(
                    harm,
                    stack().send(
                                    "POST",
                                    "/enrollment-tokens",
                                    stack().admin(),
                                    JSON.writeValueAsString(
                                            Map.of("site", harm, "labels", Map.of("k", harm)))));
        }
    }

    @Test
    void noFilterOrCursorIsMoreThanAFilterOrACursor() throws Exception {
        for (String harm : HARM) {
            String text = URLEncoder.encode(harm, StandardCharsets.UTF_8);
            for (String place :
                    List.of(
                            "/gateways?q=",
                            "/gateways?site=",
                            "/gateways?status=",
                            "/gateways?label=k%3D",
                            "/gateways?label=",
                            "/gateways?cursor=",
                            "/gateways?limit=",
                            "/gateways?stale=",
                            "/gateways/" + BYSTANDER + "/commands?cursor=",
                            "/gateways/" + BYSTANDER + "/telemetry/latest?x=",
                            "/audit?who=",
                            "/audit?target=",
                            "/audit?cursor=",
                            "/dead-letters/viw.telemetry?cursor=")) {
                HttpResponse<String> answer =
                        stack().send("GET", place + text, stack().admin(), "");
                assertStands(place + harm, answer);
            }
        }
        for (String wild : List.of("%25", "demo-gateway-_", "demo%25", "%5C")) {
            assertThat(stack().get("/gateways?q=" + wild).toString()).doesNotContain(BYSTANDER);
        }
    }

    private static void assertStands(String what, HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(what + " => " + answer.body()).isBetween(200, 499);
        assertThat(answer.body()).as(what).doesNotContain("Exception", "org.postgresql", "\u001b");
    }

    private static void assertRefused(String what, HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(what + " => " + answer.body()).isBetween(400, 499);
        assertStands(what, answer);
    }
}
