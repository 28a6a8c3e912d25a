package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class CommandBodyTest {
    private static final ApiServer API = ApiServer.shared().ready();
    private static final String PATH = "/admin/api/gateways/gw-body/commands";

    @BeforeAll
    static void oneGateway() {
        API.sql(
                """
                insert into os_gateways (agent_id, status, supported_verbs)
                values ('gw-body', 'connected', '["echo"]')
                """);
    }

    private static ApiServer.Answer post(String body) {
        return API.post(PATH, ApiServer.OPERATOR, body);
    }

    @Test
    void tellsWhereBrokenJsonBreaks() {
        ApiServer.Answer answer = post("{\"command\": \"echo\",\n  \"parameters\": }");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.code()).isEqualTo("bad_json");
        assertThat(answer.json().path("line").asString()).isEqualTo("2");
        assertThat(answer.json().path("column").asString()).isNotEmpty();
    }

    @Test
    void refusesWhatIsNoJsonObject() {
        for (String body : List.of("", "null", "[]", "\"echo\"", "7", "{} {}", "{", "\u0000")) {
            ApiServer.Answer answer = post(body);
            assertThat(answer.status()).as(body + answer.body()).isIn(400, 422);
            assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        }
        String deep = "{\"a\":".repeat(40) + "1" + "}".repeat(40);
        assertThat(post("{\"command\":\"echo\",\"parameters\":" + deep + "}").code())
                .isEqualTo("bad_json");
    }

    @Test
    void refusesDuplicateKeysAtAnyDepth() {
        for (String body :
                List.of(
                        "{\"command\":\"echo\",\"command\":\"shutdown_agent\"}",
                        "{\"command\":\"echo\",\"parameters\":{\"message\":\"a\",\"message\":\"b\"}}")) {
            ApiServer.Answer answer = post(body);
            assertThat(answer.status()).as(answer.body()).isEqualTo(400);
            assertThat(answer.json().path("detail").asString()).contains("twice");
        }
    }

    @Test
    void pointsAtUnknownFieldsAndWrongTypes() {
        Map<String, String> pointers =
                Map.of(
                        "{\"comand\":\"echo\"}", "/comand",
                        "{\"command\":7}", "/command",
                        "{\"command\":\"echo\",\"ttl_s\":\"60\"}", "/ttl_s",
                        "{\"command\":\"echo\",\"ttl_s\":0}", "/ttl_s",
                        "{\"command\":\"echo\",\"ttl_s\":1.5}", "/ttl_s",
                        "{\"command\":\"echo\",\"timeout_s\":3601}", "/timeout_s",
                        "{\"command\":\"echo\",\"parameters\":[]}", "/parameters",
                        "{\"command\":\"echo\",\"delivery\":\"NOW\"}", "/delivery",
                        "{\"command\":\"echo\",\"correlation_id\":\"x\"}", "/correlation_id",
                        "{\"parameters\":{}}", "/command");
        pointers.forEach((body, pointer) -> {
            ApiServer.Answer answer = post(body);
            assertThat(answer.status()).as(body + answer.body()).isEqualTo(422);
            assertThat(answer.code()).isEqualTo("invalid_body");
            assertThat(answer.json().path("errors").path(0).path("pointer").asString())
                    .isEqualTo(pointer);
        });
    }

    @Test
    void pointsAtArgumentsThatDoNotFitTheVerb() {
        Map<String, String> pointers =
                Map.of(
                        "{\"message\":7}", "/parameters/message",
                        "{\"message\":\"a\\u0000b\"}", "/parameters/message",
                        "{\"message\":\"\\ud800\"}", "/parameters/message",
                        "{\"message\":\"a\",\"more\":1}", "/parameters/more");
        pointers.forEach((parameters, pointer) -> {
            ApiServer.Answer answer =
                    post("{\"command\":\"echo\",\"parameters\":" + parameters + "}");
            assertThat(answer.status()).as(parameters + answer.body()).isEqualTo(422);
            assertThat(answer.code()).isEqualTo("invalid_arguments");
            assertThat(answer.json().path("errors").path(0).path("pointer").asString())
                    .as(answer.body())
                    .isEqualTo(pointer);
        });
        assertThat(post("{\"command\":\"echo\"}").code()).isEqualTo("invalid_arguments");
        ApiServer.Answer unknown = post("{\"command\":\"format_disk\",\"parameters\":{}}");
        assertThat(unknown.status()).isEqualTo(422);
        assertThat(unknown.code()).isEqualTo("unknown_verb");
    }

    @Test
    void takesOnlyJson() {
        ApiServer.Answer answer =
                API.send(
                        API.request(PATH, ApiServer.OPERATOR)
                                .header("Content-Type", "text/plain")
                                .POST(HttpRequest.BodyPublishers.ofString("{}")));
        assertThat(answer.status()).isEqualTo(415);
        assertThat(answer.code()).isEqualTo("unsupported_media_type");
        assertThat(answer.header("Accept")).isEqualTo("application/json");
    }

    @Test
    void refusesABodyOverTheLimitByItsLengthAndByCounting() throws IOException {
        String head =
                "POST "
                        + PATH
                        + " HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\n"
                        + "Authorization: Bearer "
                        + ApiServer.OPERATOR
                        + "\r\n";
        // Declared: refused before a byte of it is sent.
        assertThat(raw(head + "Content-Length: 65537\r\n\r\n", new byte[0]))
                .startsWith("HTTP/1.1 413")
                .contains("body_too_large");
        // Chunked, without a length, and not even JSON: refused before anything parses it.
        ByteArrayOutputStream chunks = new ByteArrayOutputStream();
        for (int i = 0; i < 65; i++) {
            chunks.writeBytes("400\r\n".getBytes(StandardCharsets.US_ASCII));
            chunks.writeBytes("x".repeat(1024).getBytes(StandardCharsets.US_ASCII));
            chunks.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
        }
        assertThat(raw(head + "Transfer-Encoding: chunked\r\n\r\n", chunks.toByteArray()))
                .startsWith("HTTP/1.1 413");
        assertThat(post(" ".repeat(65_535) + "7").status()).isIn(400, 422);
    }

    private static String raw(String head, byte[] body) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), API.port())) {
            socket.setSoTimeout(60_000);
            OutputStream out = socket.getOutputStream();
            out.write(head.getBytes(StandardCharsets.US_ASCII));
            out.write(body);
            out.flush();
            StringBuilder answer = new StringBuilder();
            byte[] buffer = new byte[4096];
            while (!answer.toString().contains("\"code\"")) {
                int read = socket.getInputStream().read(buffer);
                if (read < 0) {
                    break;
                }
                answer.append(new String(buffer, 0, read, StandardCharsets.UTF_8));
            }
            return answer.toString();
        }
    }
}
