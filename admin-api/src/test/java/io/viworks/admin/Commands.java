package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import tools.jackson.databind.JsonNode;

/** Gateways and commands for tests that share a server. */
final class Commands {
    static final ApiServer API = ApiServer.shared().ready();

    static final String ECHO = "{\"command\":\"echo\",\"parameters\":{\"message\":\"hi\"}}";
    static final String ECHO_NOW = ECHO.replace("}}", "},\"delivery\":\"IMMEDIATE\"}");

    static final String BRIDGE = "11111111-1111-4111-8111-111111111111";

    private Commands() {}

    /** A gateway in paris whose agent offers two verbs, keeps a journal and can cancel. */
    static String gateway(String agentId) {
        API.sql(
                """
                insert into os_gateways (agent_id, status, site, supported_verbs, features, auth)
                values ('%s', 'connected', 'paris', '["echo","create_panel_user"]',
                  '["ack","journal","job_status","cancel"]', 'shared')
                """
                        .formatted(agentId));
        return agentId;
    }

    /** What a bridge writes when it holds the agent. */
    static void owned(String agentId) {
        API.redis()
                .command(
                        "HSET viw:owner:"
                                + agentId
                                + " bridge_id "
                                + BRIDGE
                                + " session_id 22222222-2222-4222-8222-222222222222"
                                + " epoch 1 instance_uid 33333333-3333-4333-8333-333333333333");
    }

    static ApiServer.Answer post(String agentId, String body, String... headers) {
        return API.post(path(agentId), ApiServer.OPERATOR, body, headers);
    }

    static ApiServer.Answer cancel(String agentId, String correlationId) {
        return API.post(path(agentId) + "/" + correlationId + "/cancel", ApiServer.OPERATOR, "");
    }

    static String path(String agentId) {
        return "/admin/api/gateways/" + agentId + "/commands";
    }

    /** Columns of a command's row, joined by bars. */
    static String row(String columns, String correlationId) {
        return API.query(
                        "select concat_ws('|', %s) from agent_commands where correlation_id = '%s'"
                                .formatted(columns, correlationId))
                .getFirst();
    }

    /** How many records were written to the public door. */
    static int inTheDoor() {
        return Integer.parseInt(API.redis().command("XLEN viw.commands").substring(1));
    }

    /** A caller is answered after a second at the latest, even when Redis has not answered yet. */
    static void awaitInTheDoor(int many) {
        await().untilAsserted(() -> assertThat(inTheDoor()).isEqualTo(many));
    }

    /** The problem object, whole, with this status and code. */
    static void assertProblem(ApiServer.Answer answer, int status, String code) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        JsonNode problem = answer.json();
        assertThat(problem.path("code").asString()).as(answer.body()).isEqualTo(code);
        assertThat(problem.path("type").asString()).isEqualTo("urn:viworks:problem:" + code);
        assertThat(problem.path("status").asInt()).isEqualTo(status);
        assertThat(problem.path("title").asString()).isNotBlank();
        assertThat(problem.path("detail").asString()).isNotBlank();
        assertThat(answer.body()).doesNotContain("Exception", "java.", "io.viworks");
    }

    /** The first pointer of a problem. */
    static String pointer(ApiServer.Answer answer) {
        return answer.json().path("errors").path(0).path("pointer").asString("");
    }

    /** The first parameter a problem names. */
    static String parameter(ApiServer.Answer answer) {
        return answer.json().path("errors").path(0).path("parameter").asString("");
    }
}
