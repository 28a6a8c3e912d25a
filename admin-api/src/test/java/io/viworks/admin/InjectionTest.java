package io.viworks.admin;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Every text that can be sent to every call, replaced by what could do harm somewhere behind it.
 */
final class InjectionTest {
    private static final ApiServer API = ApiServer.shared().ready();
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String GATEWAY = "/admin/api/gateways/{agent_id}";

    private static final List<String> HARM =
            List.of(
                    "'; drop table os_gateways; --",
                    "\" or \"\"=\"",
                    "x' or '1'='1' union select sha256 from api_tokens --",
                    "%' escape '",
                    "\\'; select pg_sleep(9); --",
                    ":agent_id",
                    "a\u0000b",
                    "a\r\n{\"level\":\"ERROR\",\"msg\":\"forged\"}",
                    "\u001b[2J\u001b]0;owned\u0007",
                    "\u2028\u2029\u0085\u009b31m",
                    "\u202e\u2066gpj.exe",
                    "\ud800",
                    "${jndi:ldap://127.0.0.1/x}",
                    "{{7*7}}#{7*7}%{7*7}",
                    "%s%n%x$1",
                    "../../../etc/passwd",
                    "<script>alert(1)</script>",
                    "=cmd|'/c calc'!A1",
                    "viw:owner:*\r\nFLUSHALL\r\n",
                    "x".repeat(40_000));

    /** A body for each call that takes one, in which every text is replaced in its turn. */
    private static final Map<String, String> BODIES =
            Map.ofEntries(
                    entry("post " + GATEWAY + "/commands", Commands.ECHO_NOW),
                    entry("post /agent/commands/{agent_id}", Commands.ECHO),
                    entry(
                            "post /admin/api/commands",
                            "{\"command\":\"echo\",\"parameters\":{\"message\":\"hi\"},"
                                    + "\"selector\":{\"labels\":[\"a=b\"],\"site\":\"s\","
                                    + "\"status\":[\"unknown\"],\"q\":\"nobody\"}}"),
                    entry(
                            "patch " + GATEWAY,
                            "{\"display_name\":\"n\",\"site\":\"s\",\"labels\":{\"a\":\"b\"},\"notes\":\"t\"}"),
                    entry(
                            "post /admin/api/gateways/register",
                            "{\"agent_id\":\"inj\",\"name\":\"n\",\"site\":\"s\",\"labels\":{\"a\":\"b\"}}"),
                    entry(
                            "post /admin/api/enrollment-tokens",
                            "{\"agent_id\":\"inj\",\"site\":\"s\",\"labels\":{\"a\":\"b\"}}"),
                    entry(
                            "post " + GATEWAY + "/credentials",
                            "{\"certificate\":\"c\",\"sha256\":\"s\",\"public_key\":\"p\"}"),
                    entry(
                            "post /agent/enroll",
                            "{\"token\":\"t\",\"agent_id\":\"inj\",\"public_key\":\"p\",\"csr\":\"c\"}"));

    @BeforeAll
    static void oneGateway() {
        API.sql(
                """
                insert into os_gateways (agent_id, status, site, supported_verbs, features, auth)
                values ('injected', 'disconnected', 'paris', '["echo"]', '["ack"]', 'shared')
                """);
    }

    private static JsonNode paths() {
        return API.get("/v3/api-docs", null).json().path("paths");
    }

    /** Every call as {@code "post /path"}. */
    static Stream<String> calls() {
        return paths().properties().stream()
                .flatMap(path ->
                        path.getValue().propertyNames().stream()
                                .map(method -> method + " " + path.getKey()));
    }

    private static JsonNode described(String call) {
        return paths().path(call.substring(call.indexOf(' ') + 1))
                .path(call.substring(0, call.indexOf(' ')));
    }

    @Test
    void knowsABodyForEveryCallThatTakesOne() {
        assertThat(new TreeSet<>(BODIES.keySet()))
                .isEqualTo(
                        new TreeSet<>(
                                calls().filter(call -> described(call).has("requestBody"))
                                        .toList()));
    }

    @ParameterizedTest
    @MethodSource("calls")
    void standsWhateverTextIsSent(String call) {
        JsonNode operation = described(call);
        List<String> places = new ArrayList<>();
        for (JsonNode parameter : operation.path("parameters")) {
            String name = parameter.path("name").asString();
            switch (parameter.path("in").asString()) {
                case "path" -> places.add("{" + name + "}");
                case "query" -> places.add("?" + name);
                case "header" -> places.add(name);
                default -> throw new IllegalStateException(parameter.toString());
            }
        }
        for (String harm : HARM) {
            for (String place : places) {
                if (!(harm.length() > 8_000)) {
                    assertStands(call + " " + place, send(call, place, harm, BODIES.get(call)));
                }
            }
            String body = BODIES.get(call);
            if (body != null) {
                for (String changed : changed(body, harm)) {
                    assertStands(call + " " + changed, send(call, "", "", changed));
                }
            }
        }
        assertThat(API.query("select count(*) > 0 from os_gateways")).containsExactly("t");
    }

    /** The body once for each text in it, and for each name of a label. */
    private static List<String> changed(String body, String harm) {
        List<String> bodies = new ArrayList<>();
        ObjectNode whole = (ObjectNode) JSON.readTree(body);
        for (String name : whole.propertyNames()) {
            ObjectNode copy = whole.deepCopy();
            if (whole.path(name) instanceof ObjectNode inner) {
                for (String key : inner.propertyNames()) {
                    ObjectNode value = whole.deepCopy();
                    ((ObjectNode) value.path(name)).put(key, harm);
                    bodies.add(JSON.writeValueAsString(value));
                    ((ObjectNode) copy.path(name)).put(harm, "v");
                    bodies.add(JSON.writeValueAsString(copy));
                }
            } else {
                copy.put(name, harm);
                bodies.add(JSON.writeValueAsString(copy));
            }
        }
        return bodies;
    }

    private static ApiServer.Answer send(
            String call,
            String place,
            String harm,
            @org.jspecify.annotations.Nullable String body) {
        String encoded = URLEncoder.encode(harm, StandardCharsets.UTF_8).replace("+", "%20");
        String path =
                call.substring(call.indexOf(' ') + 1)
                        .replace("{agent_id}", place.equals("{agent_id}") ? encoded : "injected")
                        .replace("{stream}", place.equals("{stream}") ? encoded : "viw.commands")
                        .replaceAll(
                                "\\{[a-z_]+}",
                                place.startsWith("{")
                                        ? java.util.regex.Matcher.quoteReplacement(encoded)
                                        : "11111111-1111-4111-8111-111111111111");
        if (place.startsWith("?")) {
            path += place + "=" + encoded;
        }
        HttpRequest.Builder request =
                API.request(path, ApiServer.ADMIN).header("Content-Type", "application/json");
        boolean header = !place.isEmpty() && place.charAt(0) != '{' && place.charAt(0) != '?';
        if (header && harm.chars().allMatch(c -> c >= 0x20 && c < 0x7f)) {
            request.header(place, harm);
        }
        // A stream does not end: what is looked at before it begins is looked at for HEAD, too.
        String method = call.equals("get /admin/api/events") ? "head" : call.split(" ", 2)[0];
        return API.send(
                request.method(
                        method.toUpperCase(java.util.Locale.ROOT),
                        HttpRequest.BodyPublishers.ofString(Objects.requireNonNullElse(body, ""))));
    }

    private static void assertStands(String what, ApiServer.Answer answer) {
        String shown = what.substring(0, Math.min(120, what.length()));
        assertThat(answer.status()).as(shown + ": " + answer.body()).isLessThan(500);
        assertThat(answer.body()).as(shown).doesNotContain("Exception", "org.postgresql");
        assertThat(isHarmless(answer.body())).as(shown + ": " + answer.body()).isTrue();
    }

    private static boolean isHarmless(String text) {
        return text.codePoints()
                .noneMatch(c ->
                        Character.isISOControl(c)
                                || switch (Character.getType(c)) {
                                    case Character.FORMAT,
                                            Character.LINE_SEPARATOR,
                                            Character.PARAGRAPH_SEPARATOR,
                                            Character.SURROGATE ->
                                            true;
                                    default -> false;
                                });
    }

    @Test
    void showsWhatAgentsReportedWithoutActingOnIt() {
        API.sql(
                """
                insert into os_gateways (agent_id, status, hostname, display_name, reported_site,
                  version, supported_verbs, features, auth)
                values ('reported', 'connected', E'h\\u001b[2J\\u2028\\u202e', E'd\\u0085\\u009b',
                  E's\\r\\nx', E'v\\u0007', '["echo"]', '[]', 'shared');
                insert into os_gateway_status (agent_id, services, containers, payload,
                  reported_at, epoch, n)
                values ('reported', E'{"a\\u2028":"b\\u001b"}'::jsonb,
                  '[]', E'{"x":"\\u202e"}'::jsonb, now(), 1, 1);
                """
                        .replace("E'{\"a\\u2028\":\"b\\u001b\"}'", "'{\"a\\u2028\":\"b\\u001b\"}'")
                        .replace("E'{\"x\":\"\\u202e\"}'", "'{\"x\":\"\\u202e\"}'"));
        for (String path :
                List.of(
                        "/admin/api/gateways?q=reported",
                        "/admin/api/gateways/reported",
                        "/admin/api/gateways/reported/services",
                        "/admin/api/gateways/reported/telemetry/latest")) {
            ApiServer.Answer answer = API.get(path, ApiServer.ADMIN);
            assertThat(answer.status()).as(path).isEqualTo(200);
            assertThat(isHarmless(answer.body())).as(answer.body()).isTrue();
        }
        assertThat(
                        API.get("/admin/api/gateways/reported", ApiServer.ADMIN)
                                .json()
                                .path("hostname")
                                .asString())
                .isEqualTo("h\u001b[2J\u2028\u202e");
    }

    @Test
    void leavesNoControlCharactersInTheAuditLog() {
        for (String harm : HARM.subList(0, HARM.size() - 1)) {
            send("get " + GATEWAY, "{agent_id}", harm, null);
            send("delete " + GATEWAY + "/credentials/{key_id}", "{key_id}", harm, null);
        }
        await().untilAsserted(() ->
                assertThat(API.query("select count(*) from audit_log where what like 'refused %'"))
                        .doesNotContain("0"));
        assertThat(
                        API.query(
                                "select id from audit_log where who <> 'raw' and concat(who, what,"
                                        + " target, origin, outcome, detail) ~ '[[:cntrl:]]'"))
                .isEmpty();
    }
}
