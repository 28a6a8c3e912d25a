package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
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
            boolean ofOneGateway = call.contains("{agent_id}");
            assertThat(operation.path("responses").path("404").toString().contains("unknown_"))
                    .as(call)
                    .isEqualTo(ofOneGateway);
        }
    }

    @Test
    void namesEveryCodeInTheProblemObject() {
        JsonNode problem = API.get("/v3/api-docs", null).json().path("components").path("schemas");
        assertThat(problem.path("Problem").path("properties").path("code").path("enum").toString())
                .contains("unknown_gateway", "queue_full", "database_away", "body_too_large");
    }
}
