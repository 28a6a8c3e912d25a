package io.viworks.admin;

import static io.viworks.admin.Commands.API;
import static io.viworks.admin.Commands.ECHO;
import static io.viworks.admin.Commands.assertProblem;
import static io.viworks.admin.Commands.gateway;
import static io.viworks.admin.Commands.parameter;
import static io.viworks.admin.Commands.path;
import static io.viworks.admin.Commands.pointer;
import static io.viworks.admin.Commands.post;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

final class BadRequestsTest {
    private static final String GW = gateway("gw-bad");
    private static final String JSON = "application/json";

    @AfterAll
    static void nothingOfItWasAccepted() {
        assertThat(API.query("select count(*) from agent_commands where agent_id = 'gw-bad'"))
                .containsExactly("0");
    }

    private static ApiServer.Answer send(String method, String path, byte[] body, String type) {
        HttpRequest.Builder request = API.request(path, ApiServer.OPERATOR);
        if (!type.isEmpty()) {
            request.header("Content-Type", type);
        }
        return API.send(request.method(method, HttpRequest.BodyPublishers.ofByteArray(body)));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void pointsAtNumbersThatAreTooLarge() {
        Map<String, String> pointers =
                Map.of(
                        "\"ttl_s\":604801", "/ttl_s",
                        "\"ttl_s\":2147483648", "/ttl_s",
                        "\"ttl_s\":99999999999999999999999", "/ttl_s",
                        "\"ttl_s\":1e9", "/ttl_s",
                        "\"ttl_s\":-1", "/ttl_s",
                        "\"timeout_s\":1e400", "/timeout_s",
                        "\"timeout_s\":true", "/timeout_s");
        pointers.forEach((field, pointer) -> {
            ApiServer.Answer answer = post(GW, ECHO.replace("}}", "}," + field + "}"));
            assertProblem(answer, 422, "invalid_body");
            assertThat(pointer(answer)).as(field).isEqualTo(pointer);
        });
        String digits = "9".repeat(500);
        assertProblem(post(GW, ECHO.replace("\"hi\"", digits)), 400, "bad_json");
        assertProblem(post(GW, ECHO.replace("\"hi\"", "1e400")), 422, "invalid_arguments");
    }

    @Test
    void refusesBytesThatAreNoUtf8() {
        for (byte[] bad :
                List.of(
                        new byte[] {(byte) 0xff, (byte) 0xfe, 'a'},
                        new byte[] {(byte) 0xc0, (byte) 0x80},
                        new byte[] {(byte) 0xe2, (byte) 0x82},
                        new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80})) {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            body.writeBytes(utf8("{\"command\":\"echo\",\"parameters\":{\"message\":\""));
            body.writeBytes(bad);
            body.writeBytes(utf8("\"}}"));
            ApiServer.Answer answer = send("POST", path(GW), body.toByteArray(), JSON);
            assertThat(answer.code()).as(answer.body()).isIn("bad_json", "invalid_arguments");
            assertProblem(answer, answer.status(), answer.code());
        }
    }

    @Test
    void takesNoBodyButJson() {
        for (String type :
                List.of(
                        "",
                        "text/plain",
                        "text/json",
                        "application/x-www-form-urlencoded",
                        "multipart/form-data; boundary=x",
                        "application/merge-patch+json",
                        "application/json; charset=nonsense",
                        "nonsense")) {
            ApiServer.Answer answer = send("POST", path(GW), utf8(ECHO), type);
            assertThat(answer.status()).as(type + answer.body()).isEqualTo(415);
            assertProblem(answer, 415, "unsupported_media_type");
        }
        assertProblem(send("POST", path(GW), zipped(ECHO), JSON), 400, "bad_json");
        assertProblem(send("POST", path(GW), new byte[0], JSON), 400, "bad_json");
    }

    private static byte[] zipped(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(bytes)) {
            zip.write(utf8(text));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    @Test
    void refusesDeepNestsOfEveryKind() {
        for (String deep :
                List.of(
                        "[".repeat(30_000),
                        "{\"a\":".repeat(10_000),
                        "[".repeat(33) + "]".repeat(33))) {
            assertThat(send("POST", path(GW), utf8(deep), JSON).code())
                    .isIn("bad_json", "invalid_body");
            assertProblem(post(GW, ECHO.replace("\"hi\"", deep)), 400, "bad_json");
        }
    }

    @Test
    void namesTheMethodsThatAnswer() {
        Map<String, List<String>> allowed =
                Map.of(
                        path(GW),
                        List.of("PUT", "DELETE", "PATCH"),
                        path(GW) + "/00000000-0000-4000-8000-000000000000",
                        List.of("POST", "DELETE", "PUT"),
                        path(GW) + "/00000000-0000-4000-8000-000000000000/cancel",
                        List.of("GET", "DELETE"),
                        "/agent/commands/" + GW,
                        List.of("GET", "PUT"));
        allowed.forEach((path, methods) -> {
            for (String method : methods) {
                ApiServer.Answer answer = send(method, path, utf8("{}"), JSON);
                assertProblem(answer, 405, "method_not_allowed");
                assertThat(answer.header("Allow")).as(method + " " + path).isNotBlank();
            }
        });
    }

    @Test
    void refusesParametersAndHeadersItDoesNotKnow() {
        ApiServer.Answer wait = API.post(path(GW) + "?wait=5", ApiServer.OPERATOR, ECHO);
        assertProblem(wait, 400, "bad_parameter");
        assertThat(parameter(wait)).isEqualTo("wait");
        for (String key : List.of("", "a b", "x".repeat(129), "a\tb")) {
            ApiServer.Answer answer = post(GW, ECHO, "Idempotency-Key", key);
            assertProblem(answer, 400, "bad_parameter");
            assertThat(parameter(answer)).isEqualTo("Idempotency-Key");
        }
    }

    @Test
    void answersIdsOfAWrongFormAsUnknown() {
        for (String id : List.of("-x", "x".repeat(65), "a%20b", "a*", "%C3%A4", ".")) {
            ApiServer.Answer answer =
                    API.post("/admin/api/gateways/" + id + "/commands", ApiServer.OPERATOR, ECHO);
            assertThat(answer.status()).as(id + answer.body()).isIn(400, 404);
            assertProblem(answer, answer.status(), answer.code());
        }
        for (String trick : List.of("a%2fb", "a;b=c", "a%00", "%2e%2e", "a//b", "a%0a")) {
            ApiServer.Answer answer =
                    API.post(
                            "/admin/api/gateways/" + trick + "/commands", ApiServer.OPERATOR, ECHO);
            assertThat(answer.status()).as(trick + answer.body()).isIn(400, 404);
            assertProblem(answer, answer.status(), answer.code());
        }
    }

    @Test
    void refusesHeadersThatAreTooLarge() {
        ApiServer.Answer answer =
                API.send(
                        API.request(path(GW), ApiServer.OPERATOR)
                                .header("X-Much", "x".repeat(20_000)));
        assertThat(answer.status()).isIn(400, 431);
        assertProblem(answer, answer.status(), answer.code());
    }

    @Test
    void countsEveryMistakeInOneAnswer() {
        ApiServer.Answer answer =
                post(
                        GW,
                        "{\"ttl_s\":0,\"timeout_s\":0,\"delivery\":\"SOON\",\"correlation_id\":\"x\"}");
        assertProblem(answer, 422, "invalid_body");
        assertThat(answer.json().path("errors"))
                .extracting(error -> error.path("pointer").asString())
                .containsExactlyInAnyOrder(
                        "/command", "/ttl_s", "/timeout_s", "/delivery", "/correlation_id");
    }
}
