package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.admin.problem.ProblemCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;
import tools.jackson.databind.JsonNode;

final class DescriptionTest {
    private static final ApiServer API = ApiServer.shared().ready();

    /** Every path with a method, as Spring serves it: {@code "get /admin/api/verbs"}. */
    private static List<String> served() {
        return API
                .part("requestMappingHandlerMapping", RequestMappingHandlerMapping.class)
                .getHandlerMethods()
                .keySet()
                .stream()
                .flatMap(call ->
                        call.getMethodsCondition().getMethods().stream()
                                .flatMap(method ->
                                        call.getPatternValues().stream()
                                                .map(path ->
                                                        method.name().toLowerCase(Locale.ROOT)
                                                                + " "
                                                                + path)))
                .filter(call -> call.contains(" /admin/api") || call.contains(" /agent/"))
                .sorted()
                .toList();
    }

    @Test
    void listsEveryCallWithItsProblemCodesAndItsRole() {
        JsonNode paths = API.get("/v3/api-docs", null).json().path("paths");
        assertThat(served()).hasSizeGreaterThan(6);
        for (String call : served()) {
            JsonNode operation =
                    paths.path(call.substring(call.indexOf(' ') + 1))
                            .path(call.substring(0, call.indexOf(' ')));
            assertThat(operation.isObject()).as(call + " is described").isTrue();
            assertThat(operation.path("summary").asString("")).as(call).isNotBlank();
            assertThat(operation.path("description").asString("")).as(call).contains("role");
            for (String status : List.of("400", "401", "403", "500", "503")) {
                JsonNode refusal = operation.path("responses").path(status);
                assertThat(refusal.path("description").asString(""))
                        .as(call + " " + status)
                        .isNotBlank();
                assertThat(refusal.path("content").has("application/problem+json"))
                        .as(call + " " + status)
                        .isTrue();
            }
            boolean ofOneThing =
                    List.of("{agent_id}", "{stream}", "{id}", "{batch_id}").stream()
                            .anyMatch(call::contains);
            assertThat(operation.path("responses").path("404").toString().contains("unknown_"))
                    .as(call)
                    .isEqualTo(ofOneThing);
        }
    }

    @Test
    void showsForEveryCallWhatIsSentAndWhatIsAnsweredAndTheExamplesAreTrue() {
        Contract contract = Contract.of(API);
        List<String> wrong = new ArrayList<>();
        for (Contract.Operation operation : contract.operations()) {
            JsonNode body = operation.node().path("requestBody").path("content");
            for (var sent : body.properties()) {
                check(contract, operation + " request", sent.getValue(), sent.getKey(), wrong);
            }
            for (var answer : operation.node().path("responses").properties()) {
                for (var media : answer.getValue().path("content").properties()) {
                    if (!media.getKey().equals(Contract.PROBLEM)) {
                        check(
                                contract,
                                operation + " " + answer.getKey() + " " + media.getKey(),
                                media.getValue(),
                                media.getKey(),
                                wrong);
                    }
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    private static void check(
            Contract contract, String what, JsonNode media, String type, List<String> wrong) {
        JsonNode example = media.path("example");
        if (example.isMissingNode()) {
            wrong.add(what + " has no example");
        } else if (type.equals("application/json")) {
            contract.violations(media.path("schema"), example.toString(), true)
                    .forEach(violation -> wrong.add(what + ": " + violation));
        }
    }

    @Test
    void showsAProblemForEveryCode() {
        Contract contract = Contract.of(API);
        JsonNode components = contract.document().path("components");
        JsonNode examples = components.path("examples");
        assertThat(examples.propertyNames())
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(ProblemCode.values()).map(ProblemCode::wire).toList());
        for (var example : examples.properties()) {
            assertThat(
                            contract.violations(
                                    components.path("schemas").path("Problem"),
                                    example.getValue().path("value").toString(),
                                    true))
                    .as(example.getKey())
                    .isEmpty();
        }
    }

    /** A generated client's functions are called by these names: a new one breaks its users. */
    @Test
    void keepsTheNamesOfCallsAndSaysWhatEachGroupIsAbout() throws IOException {
        Contract contract = Contract.of(API);
        List<String> names = Files.readAllLines(Path.of("src/test/resources/operations.txt"));
        assertThat(
                        contract.operations().stream()
                                .map(operation -> operation.id() + " " + operation)
                                .sorted()
                                .toList())
                .isEqualTo(names);
        Set<String> described = new TreeSet<>();
        for (JsonNode tag : contract.document().path("tags")) {
            assertThat(tag.path("description").asString("")).isNotBlank();
            described.add(tag.path("name").asString());
        }
        Set<String> used = new TreeSet<>();
        for (Contract.Operation operation : contract.operations()) {
            assertThat(operation.node().path("tags")).as(operation.toString()).hasSize(1);
            used.add(operation.node().path("tags").path(0).asString());
        }
        assertThat(used).isEqualTo(described);
    }

    @Test
    void servesAPageToBrowseItWith() {
        ApiServer.Answer page = API.get("/swagger-ui/index.html", null);
        assertThat(page.status()).isEqualTo(200);
        assertThat(page.header("Content-Type")).startsWith("text/html");
        assertThat(API.get("/v3/api-docs/swagger-config", null).json().path("url").asString())
                .isEqualTo("/v3/api-docs");
    }

    @Test
    void namesEveryCodeInTheProblemObject() {
        JsonNode problem = API.get("/v3/api-docs", null).json().path("components").path("schemas");
        assertThat(problem.path("Problem").path("properties").path("code").path("enum").toString())
                .contains("unknown_gateway", "queue_full", "database_away", "body_too_large");
    }

    /** What spec 5, "Answers", says of commands, under both of their paths. */
    @Test
    void namesEveryAnswerOfTheCommandCalls() {
        JsonNode paths = API.get("/v3/api-docs", null).json().path("paths");
        String commands = "/admin/api/gateways/{agent_id}/commands";
        for (String path : List.of(commands, "/agent/commands/{agent_id}")) {
            JsonNode answers = paths.path(path).path("post").path("responses");
            assertThat(answers.propertyNames())
                    .as(path)
                    .containsExactlyInAnyOrder(
                            "202", "400", "401", "403", "404", "406", "409", "413", "415", "422",
                            "429", "500", "503");
            assertThat(answers.path("202").path("headers").has("Location")).isTrue();
            assertThat(answers.path("429").path("headers").has("Retry-After")).isTrue();
            assertThat(answers.path("503").path("headers").has("Retry-After")).isTrue();
            assertThat(answers.path("202").toString()).contains("Receipt");
            assertThat(answers.path("404").toString()).contains("unknown_gateway");
            assertThat(answers.path("409").toString())
                    .contains(
                            "gateway_decommissioned",
                            "verb_unsupported",
                            "not_enrolled",
                            "secrets_unavailable",
                            "clone_suspected",
                            "agent_offline",
                            "agent_busy",
                            "idempotency_conflict");
            assertThat(answers.path("422").toString())
                    .contains("unknown_verb", "invalid_arguments", "invalid_body");
            assertThat(answers.path("503").toString()).contains("database_away", "backplane_away");
            assertThat(paths.path(path).path("post").path("parameters").toString())
                    .contains("Idempotency-Key")
                    .doesNotContain("traceparent");
        }
        JsonNode cancel =
                paths.path(commands + "/{correlation_id}/cancel").path("post").path("responses");
        assertThat(cancel.path("202").toString()).contains("CommandView");
        assertThat(cancel.path("409").toString()).contains("not_cancellable");
        assertThat(cancel.path("404").toString()).contains("unknown_command");
        assertThat(paths.path(commands).path("get").path("parameters").toString())
                .contains("limit", "cursor");
    }

    @Test
    void describesTheBodyOfACommandAsItIsSent() {
        JsonNode schemas = API.get("/v3/api-docs", null).json().path("components").path("schemas");
        JsonNode body = schemas.path("CommandRequest");
        assertThat(body.path("properties").propertyNames())
                .containsExactlyInAnyOrder(
                        "command",
                        "parameters",
                        "ttl_s",
                        "timeout_s",
                        "delivery",
                        "correlation_id");
        assertThat(body.path("required").toString()).isEqualTo("[\"command\"]");
        assertThat(body.path("properties").path("ttl_s").path("maximum").asInt()).isEqualTo(604800);
        assertThat(schemas.path("Receipt").path("properties").propertyNames())
                .contains("correlation_id", "expires_at");
    }
}
