package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.admin.ApiServer.Answer;
import java.security.KeyPair;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What becomes of keys: succeeded, revoked, expired, decommissioned. */
final class CredentialsTest {
    private static final ApiServer API = ApiServer.shared();

    @BeforeAll
    static void start() {
        API.ready();
    }

    private static KeyPair enrolled(String agentId) {
        KeyPair key = Enrolling.newKey();
        Answer token =
                API.post(
                        "/admin/api/gateways/register",
                        ApiServer.ADMIN,
                        "{\"agent_id\": \"" + agentId + "\"}");
        Answer answer =
                Enrolling.at(API, agentId)
                        .token(token.json().path("token").asString())
                        .key(key)
                        .send();
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return key;
    }

    private static List<String> keys(String agentId) {
        return API.query(
                "select status from agent_credentials where agent_id = '%s' order by id"
                        .formatted(agentId));
    }

    /** As telemetry-writer does after a HELLO. */
    private static void connects(String agentId, KeyPair key) {
        API.sql(
                "update os_gateways set auth = 'key', credential = '%s' where agent_id = '%s'"
                        .formatted(Enrolling.keyId(key), agentId));
    }

    private static Answer delete(String path, String token) {
        return API.send(API.request(path, token).DELETE());
    }

    private static void awaitDirectory(String agentId, String field, String length) {
        await().until(() ->
                API.redis().command("HGET viw:dir:" + agentId + " " + field).equals(length));
    }

    @Test
    void endsTheOlderKeyWhenTheNewerHasConnected() {
        KeyPair older = enrolled("cred-turn");
        connects("cred-turn", older);
        await().untilAsserted(() -> assertThat(keys("cred-turn")).containsExactly("active"));
        KeyPair newer = Enrolling.newKey();
        Enrolling.at(API, "cred-turn").key(newer).signedBy(older).send();
        assertThat(keys("cred-turn")).containsExactly("active", "pending");

        connects("cred-turn", newer);

        await().untilAsserted(
                        () -> assertThat(keys("cred-turn")).containsExactly("revoked", "active"));
        // 64 hex digits, a colon, 44 of base64: one key is left.
        awaitDirectory("cred-turn", "keys", "$109");
        assertThat(Enrolling.at(API, "cred-turn").signedBy(older).send().code())
                .isEqualTo("bad_signature");
    }

    @Test
    void revokesAKeyAndTellsBridges() {
        KeyPair key = enrolled("cred-revoke");
        awaitDirectory("cred-revoke", "status", "$6");
        String path = "/admin/api/gateways/cred-revoke/credentials";
        Answer list = API.get(path, ApiServer.ADMIN);
        assertThat(list.json().path("items").path(0).path("key_id").asString())
                .isEqualTo(Enrolling.keyId(key));

        Answer revoked = delete(path + "/" + Enrolling.keyId(key), ApiServer.ADMIN);

        assertThat(revoked.status()).as(revoked.body()).isEqualTo(204);
        assertThat(keys("cred-revoke")).containsExactly("revoked");
        awaitDirectory("cred-revoke", "status", "$7");
        assertThat(delete(path + "/" + Enrolling.keyId(key), ApiServer.ADMIN).status())
                .isEqualTo(204);
        assertThat(delete(path + "/none", ApiServer.ADMIN).code()).isEqualTo("unknown_credential");
        assertThat(delete(path + "/none", ApiServer.OPERATOR).status()).isEqualTo(403);
        assertThat(API.get("/admin/api/gateways/nobody/credentials", ApiServer.ADMIN).code())
                .isEqualTo("unknown_gateway");
    }

    @Test
    void endsTokensThatAreOutWhenAKeyIsRevoked() {
        KeyPair key = enrolled("cred-out");
        Answer token =
                API.post(
                        "/admin/api/enrollment-tokens",
                        ApiServer.ADMIN,
                        "{\"agent_id\": \"cred-out\"}");

        delete("/admin/api/gateways/cred-out/credentials/" + Enrolling.keyId(key), ApiServer.ADMIN);

        assertThat(
                        Enrolling.at(API, "cred-out")
                                .token(token.json().path("token").asString())
                                .send()
                                .code())
                .isEqualTo("token_refused");
    }

    @Test
    void endsAKeyWhoseTimeIsOver() {
        enrolled("cred-old");
        awaitDirectory("cred-old", "keys", "$109");
        API.sql(
                "update agent_credentials set expires_at = now() - interval '1 s'"
                        + " where agent_id = 'cred-old'");

        await().untilAsserted(() -> assertThat(keys("cred-old")).containsExactly("revoked"));
        awaitDirectory("cred-old", "keys", "$0");
    }

    @Test
    void decommissionsAndRestoresAGateway() {
        KeyPair key = enrolled("cred-gone");
        UUID command = UUID.randomUUID();
        Answer sent =
                API.post(
                        "/admin/api/gateways/cred-gone/commands",
                        ApiServer.ADMIN,
                        "{\"command\": \"echo\", \"parameters\": {\"message\": \"x\"},"
                                + " \"correlation_id\": \""
                                + command
                                + "\"}");
        assertThat(sent.status()).as(sent.body()).isEqualTo(202);

        Answer gone = delete("/admin/api/gateways/cred-gone", ApiServer.ADMIN);

        assertThat(gone.status()).as(gone.body()).isEqualTo(204);
        assertThat(keys("cred-gone")).containsExactly("revoked");
        assertThat(
                        API.query(
                                "select state from agent_commands where correlation_id = '"
                                        + command
                                        + "'"))
                .containsExactly("CANCELLED");
        awaitDirectory("cred-gone", "status", "$14");
        assertThat(
                        Enrolling.at(API, "cred-gone")
                                .key(Enrolling.newKey())
                                .signedBy(key)
                                .send()
                                .status())
                .isEqualTo(401);
        Answer token =
                API.post(
                        "/admin/api/enrollment-tokens",
                        ApiServer.ADMIN,
                        "{\"agent_id\": \"cred-gone\"}");
        String text = token.json().path("token").asString();
        assertThat(Enrolling.at(API, "cred-gone").token(text).send().code())
                .isEqualTo("gateway_decommissioned");

        String restore = "/admin/api/gateways/cred-gone/restore";
        assertThat(API.post(restore, ApiServer.ADMIN, "").status()).isEqualTo(204);
        assertThat(API.post(restore, ApiServer.ADMIN, "").code()).isEqualTo("not_decommissioned");
        assertThat(Enrolling.at(API, "cred-gone").token(text).send().status()).isEqualTo(200);
        awaitDirectory("cred-gone", "status", "$6");
        assertThat(
                        API.query(
                                "select what from audit_log where target = 'cred-gone'"
                                        + " and outcome = 'accepted'"
                                        + " and who = 'anna' order by id"))
                .containsExactly(
                        "gateway.register",
                        "command.accept",
                        "gateway.decommission",
                        "enrollment_token.make",
                        "gateway.restore");
    }
}
