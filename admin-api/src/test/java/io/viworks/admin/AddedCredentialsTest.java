package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.admin.ApiServer.Answer;
import io.viworks.admin.authority.Fingerprints;
import io.viworks.protocol.handshake.HandshakeSignature;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Credentials that an admin adds, and the shared secret that an admin opens again. */
final class AddedCredentialsTest {
    private static final ApiServer API = ApiServer.shared();

    @BeforeAll
    static void start() {
        API.ready();
    }

    private static String known(String agentId) {
        API.sql("insert into os_gateways (agent_id) values ('" + agentId + "')");
        return "/admin/api/gateways/" + agentId + "/credentials";
    }

    private static X509Certificate certificate(Instant until) {
        KeyPair pair = TestAuthority.key("EC");
        return TestAuthority.certificate(pair, pair, "CN=added", false, until);
    }

    private static X509Certificate certificate() {
        return certificate(Instant.now().plus(Duration.ofDays(30)));
    }

    private static String body(X509Certificate certificate) {
        return "{\"certificate\": \"%s\"}"
                .formatted(TestAuthority.pem(certificate).replace("\n", "\\n"));
    }

    private static String fingerprint(X509Certificate certificate) throws Exception {
        return HexFormat.of().formatHex(Fingerprints.sha256(certificate.getEncoded()).array());
    }

    private static Answer add(String path, String body) {
        return API.post(path, ApiServer.ADMIN, body);
    }

    private static void refused(Answer answer, int status, String code) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.code()).isEqualTo(code);
    }

    private static void awaitDirectory(String agentId, String field, String length) {
        await().until(() ->
                API.redis().command("HGET viw:dir:" + agentId + " " + field).equals(length));
    }

    @Test
    void addsACertificateOnceAndShowsIt() throws Exception {
        String path = known("add-cert");
        X509Certificate certificate = certificate();

        Answer first = add(path, body(certificate));
        Answer again =
                add(
                        path,
                        "{\"sha256\": \""
                                + fingerprint(certificate).toUpperCase(Locale.ROOT)
                                + "\"}");

        assertThat(first.status()).as(first.body()).isEqualTo(201);
        assertThat(again.status()).as(again.body()).isEqualTo(200);
        assertThat(again.body()).isEqualTo(first.body());
        JsonNode items = API.get(path, ApiServer.ADMIN).json().path("items");
        assertThat(items).hasSize(1);
        JsonNode listed = items.path(0);
        assertThat(listed.path("kind").asString()).isEqualTo("certificate");
        assertThat(listed.path("fingerprint").asString()).isEqualTo(fingerprint(certificate));
        assertThat(listed.path("key_id").asString())
                .isEqualTo("sha256:" + fingerprint(certificate));
        assertThat(listed.path("status").asString()).isEqualTo("active");
        assertThat(Instant.parse(listed.path("expires_at").asString()))
                .isEqualTo(certificate.getNotAfter().toInstant());
        awaitDirectory("add-cert", "fingerprints", "$64");
        assertThat(
                        API.query(
                                "select who || ' ' || what from audit_log where target = 'add-cert'"
                                        + " and outcome = 'accepted'"))
                .containsExactly("anna credential.add");
    }

    @Test
    void addsAFingerprintWithColonsAndAKey() {
        String path = known("add-more");
        KeyPair key = Enrolling.newKey();
        String publicKey =
                Base64.getEncoder().encodeToString(HandshakeSignature.raw(key.getPublic()));

        assertThat(add(path, "{\"sha256\": \"" + "AB:".repeat(31) + "AB\"}").status())
                .isEqualTo(201);
        Answer added = add(path, "{\"public_key\": \"" + publicKey + "\"}");

        assertThat(added.json().path("key_id").asString()).isEqualTo(Enrolling.keyId(key));
        awaitDirectory("add-more", "fingerprints", "$64");
        awaitDirectory("add-more", "keys", "$109");
        // It signs at once: for a key of the agent's own, here.
        assertThat(
                        Enrolling.at(API, "add-more")
                                .key(Enrolling.newKey())
                                .signedBy(key)
                                .send()
                                .status())
                .isEqualTo(200);
    }

    @Test
    void givesNoCredentialToTwoGateways() {
        X509Certificate certificate = certificate();
        assertThat(add(known("add-one"), body(certificate)).status()).isEqualTo(201);

        refused(add(known("add-two"), body(certificate)), 409, "key_in_use");
    }

    @Test
    void takesNoneBackThatWasRevoked() throws Exception {
        String path = known("add-back");
        X509Certificate certificate = certificate();
        add(path, body(certificate));
        assertThat(delete(path + "/sha256:" + fingerprint(certificate)).status()).isEqualTo(204);
        awaitDirectory("add-back", "fingerprints", "$0");

        refused(add(path, body(certificate)), 409, "key_in_use");
    }

    private static Answer delete(String path) {
        return API.send(API.request(path, ApiServer.ADMIN).DELETE());
    }

    @Test
    void refusesWhatIsNoCredential() {
        String path = known("add-bad");
        for (String body :
                new String[] {
                    "{}",
                    "{\"sha256\": \"abc\"}",
                    "{\"sha256\": \"" + "zz".repeat(32) + "\"}",
                    "{\"public_key\": \"AAAA\"}",
                    "{\"public_key\": \"" + "A".repeat(5000) + "\"}",
                    "{\"certificate\": \"none\"}",
                    "{\"certificate\": \"" + "A".repeat(20_000) + "\"}",
                    "{\"certificate\": null}",
                    "{\"sha256\": \"%s\", \"public_key\": \"AAAA\"}".formatted("0".repeat(64)),
                    body(certificate(Instant.now().minus(Duration.ofHours(1))))
                }) {
            refused(add(path, body), 422, "invalid_body");
        }
        refused(API.post(path, ApiServer.OPERATOR, body(certificate())), 403, "forbidden");
        refused(
                add("/admin/api/gateways/add-nobody/credentials", body(certificate())),
                404,
                "unknown_gateway");
    }

    @Test
    void endsACertificateWhoseTimeIsOver() {
        add(known("add-old"), body(certificate()));
        awaitDirectory("add-old", "fingerprints", "$64");

        API.sql(
                "update agent_credentials set expires_at = now() - interval '1 s'"
                        + " where agent_id = 'add-old'");

        awaitDirectory("add-old", "fingerprints", "$0");
    }

    @Test
    void keepsAnAddedCertificateWhenTheAgentTurnsItsKey() throws Exception {
        String path = known("add-kept");
        X509Certificate certificate = certificate();
        add(path, body(certificate));
        KeyPair first = enrolled("add-kept");
        KeyPair second = Enrolling.newKey();
        Enrolling.at(API, "add-kept").key(second).signedBy(first).send();

        API.sql(
                "update os_gateways set credential = '%s' where agent_id = 'add-kept'"
                        .formatted(Enrolling.keyId(second)));

        await().untilAsserted(() ->
                assertThat(
                                API.query(
                                        "select status from agent_credentials"
                                                + " where agent_id = 'add-kept' order by id"))
                        .containsExactly("active", "revoked", "active"));
    }

    private static KeyPair enrolled(String agentId) {
        KeyPair key = Enrolling.newKey();
        Answer token =
                API.post(
                        "/admin/api/enrollment-tokens",
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

    @Test
    void opensTheSharedSecretAgainOnlyWhenNothingElseOpensTheGateway() {
        String path = known("add-open");
        KeyPair key = enrolled("add-open");
        awaitDirectory("add-open", "keys", "$109");
        String own = "HGET viw:dir:add-open own_credential";
        String reopen = path + "/reopen";
        refused(API.post(reopen, ApiServer.ADMIN, ""), 409, "credentials_valid");
        refused(API.post(reopen, ApiServer.OPERATOR, ""), 403, "forbidden");
        delete(path + "/" + Enrolling.keyId(key));
        awaitDirectory("add-open", "status", "$7");

        assertThat(API.post(reopen, ApiServer.ADMIN, "").status()).isEqualTo(204);

        awaitDirectory("add-open", "status", "$6");
        assertThat(value("add-open", "own_credential")).isEqualTo("0");
        assertThat(API.redis().command(own)).isEqualTo("$1");
        assertThat(
                        API.query(
                                "select what from audit_log where target = 'add-open'"
                                        + " and outcome = 'accepted' and what like '%reopen'"))
                .containsExactly("credential.reopen");

        enrolled("add-open");

        awaitDirectory("add-open", "keys", "$109");
        assertThat(value("add-open", "own_credential")).isEqualTo("1");
    }

    /** A field that is one character long, found by asking which of two it is. */
    private static String value(String agentId, String field) {
        String script =
                "EVAL \"return tonumber(redis.call('hget',KEYS[1],'%s'))\" 1 viw:dir:%s"
                        .formatted(field, agentId);
        return API.redis().command(script).substring(1);
    }
}
