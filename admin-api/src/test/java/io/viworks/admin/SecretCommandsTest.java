package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.admin.ApiServer.Answer;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.sealing.Contents;
import io.viworks.protocol.sealing.SealingKeys;
import io.viworks.protocol.signing.VerifyKeys;
import io.viworks.testkit.TestPostgres;
import io.viworks.testkit.TestRedis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Secret arguments are sealed at their acceptance, and nowhere else in clear (spec 4, 5). */
final class SecretCommandsTest {
    private static final String MARK = "Zq8-marked-secret";

    @TempDir static Path folder;
    private static TestRedis redis;
    private static TestPostgres.Database database;
    private static ApiServer api;
    private static SealingKeys ring;
    private static VerifyKeys verify;

    @BeforeAll
    static void start() throws Exception {
        Path file = ringFile("first", "now", 1);
        ring = SealingKeys.read(file, new SecureRandom());
        KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        Path signing = pem("signing.key", "PRIVATE KEY", pair.getPrivate().getEncoded());
        Path trusted = pem("signing.pem", "PUBLIC KEY", pair.getPublic().getEncoded());
        verify = VerifyKeys.read(List.of(trusted));
        redis = TestRedis.start();
        api =
                ApiServer.start(
                                TestPostgres.shared(),
                                redis,
                                "--VIW_SEALING_KEYS_FILE=" + file,
                                "--VIW_SIGNING_KEY_FILE=" + signing)
                        .ready();
        database = api.database();
    }

    @AfterAll
    static void stop() {
        api.close();
        redis.close();
    }

    private static Path ringFile(String name, String kid, int seed, String... more)
            throws IOException {
        byte[] key = new byte[32];
        Arrays.fill(key, (byte) seed);
        String lines = kid + " " + Base64.getEncoder().encodeToString(key) + "\n";
        Path file = Files.writeString(folder.resolve(name), lines + String.join("\n", more));
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    private static Path pem(String name, String kind, byte[] encoded) throws IOException {
        return Files.writeString(
                folder.resolve(name),
                "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
                        .formatted(kind, Base64.getEncoder().encodeToString(encoded)));
    }

    private static String gateway(String agentId) {
        api.sql(
                """
                insert into os_gateways (agent_id, status, supported_verbs, features, auth)
                values ('%s', 'connected', '["create_panel_user"]', '["ack"]', 'key')
                """
                        .formatted(agentId));
        return agentId;
    }

    private static String enrolled(String agentId) {
        String gw = gateway(agentId);
        api.sql(
                """
                insert into agent_credentials (agent_id, kind, key_id, public_key)
                values ('%1$s', 'ed25519', '%1$s-key', decode(md5('%1$s') || md5('x'), 'hex'))
                """
                        .formatted(agentId));
        return gw;
    }

    private static String body(String password) {
        return "{\"command\":\"create_panel_user\",\"parameters\":"
                + "{\"username\":\"eve\",\"password\":\""
                + password
                + "\"}}";
    }

    private static Answer post(String agentId, String body, String... headers) {
        return post(api, agentId, body, headers);
    }

    private static Answer post(ApiServer at, String agentId, String body, String... headers) {
        return at.post(path(agentId), ApiServer.OPERATOR, body, headers);
    }

    private static String path(String agentId) {
        return "/admin/api/gateways/" + agentId + "/commands";
    }

    private static String row(String column, String id) {
        return api.query(
                        "select %s from agent_commands where correlation_id = '%s'"
                                .formatted(column, id))
                .getFirst();
    }

    private static String accepted(Answer answer) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(202);
        return answer.json().path("correlation_id").asString();
    }

    @Test
    void storesTheSignedEnvelopeSealedAndTheArgumentsMasked() throws Exception {
        String id = accepted(post(enrolled("sec-stored"), body(MARK)));

        assertThat(row("args::text", id))
                .contains("\"username\": \"eve\"", "\"password\": \"***\"");
        assertThat(row("coalesce(envelope::text, jws)", id)).isEqualTo("null");
        Contents contents =
                ring.open(
                        CorrelationId.of(id),
                        AgentId.of("sec-stored"),
                        Bytes.of(HexFormat.of().parseHex(row("encode(sealed, 'hex')", id))));
        assertThat(contents).isInstanceOf(Contents.Signed.class);
        assertThat(verify.verified(String.valueOf(contents.jws())).utf8())
                .isEqualTo(contents.envelope().utf8())
                .contains(MARK);
    }

    @Test
    void showsItToNobody() {
        String gw = enrolled("sec-shown");
        Answer answer = post(gw, body(MARK));
        String id = accepted(answer);

        String shown =
                answer.body()
                        + api.get(path(gw), ApiServer.VIEWER).body()
                        + api.get(path(gw) + "/" + id, ApiServer.VIEWER).body();

        assertThat(shown).contains("***").doesNotContain(MARK);
        assertThat(
                        api.query(
                                "select c::text from agent_commands c"
                                        + " union all select a::text from audit_log a"))
                .isNotEmpty()
                .noneMatch(row -> row.contains(MARK) || row.contains(hex(MARK)));
        assertThat(redis.command("XRANGE viw.commands - +")).doesNotContain(MARK);
    }

    private static String hex(String text) {
        return HexFormat.of().formatHex(Bytes.utf8(text).array());
    }

    @Test
    void tellsARepeatedRequestFromAnotherWithoutKeepingWhatToGuessFrom() {
        String gw = enrolled("sec-again");
        String id = accepted(post(gw, body("1234"), "Idempotency-Key", "pin"));

        assertThat(accepted(post(gw, body("1234"), "Idempotency-Key", "pin"))).isEqualTo(id);
        assertThat(post(gw, body("1235"), "Idempotency-Key", "pin").code())
                .isEqualTo("idempotency_conflict");
        String plain =
                ApiServer.sha256(
                        "{\"command\":\"create_panel_user\",\"parameters\":{\"password\":\"1234\","
                                + "\"username\":\"eve\"},\"ttl_s\":60,\"delivery\":\"QUEUE\"}");
        assertThat(row("encode(request_hash, 'hex')", id)).hasSize(64).isNotEqualTo(plain);
    }

    @Test
    void knowsARepeatedRequestAfterItsKeysWereChanged() throws Exception {
        String gw = enrolled("sec-rotated");
        String id = accepted(post(gw, body("1234"), "Idempotency-Key", "pin"));
        String old = Files.readString(folder.resolve("first"));
        try (ApiServer rotated =
                        ApiServer.on(
                                        database,
                                        redis,
                                        "--VIW_SEALING_KEYS_FILE="
                                                + ringFile("second", "next", 2, old))
                                .ready();
                ApiServer forgot =
                        ApiServer.on(
                                        database,
                                        redis,
                                        "--VIW_SEALING_KEYS_FILE=" + ringFile("third", "next", 2))
                                .ready()) {
            assertThat(accepted(post(rotated, gw, body("1234"), "Idempotency-Key", "pin")))
                    .isEqualTo(id);
            assertThat(post(forgot, gw, body("1234"), "Idempotency-Key", "pin").code())
                    .isEqualTo("idempotency_conflict");
        }
    }

    @Test
    void refusesAGatewayOnTheSharedSecretUnlessThatIsAllowed() throws Exception {
        String gw = gateway("sec-shared");

        Answer refused = post(gw, body(MARK));

        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.code()).isEqualTo("not_enrolled");
        assertThat(refused.body()).doesNotContain(MARK);
        assertThat(api.query("select 1 from agent_commands where agent_id = 'sec-shared'"))
                .isEmpty();
        await().until(() ->
                !api.query("select 1 from audit_log where target = 'sec-shared'").isEmpty());
        try (ApiServer allowing =
                ApiServer.on(
                                database,
                                redis,
                                "--VIW_SEALING_KEYS_FILE=" + folder.resolve("first"),
                                "--AGENT_SECRETS_ON_SHARED_SECRET=true")
                        .ready()) {
            accepted(post(allowing, gw, body(MARK)));
        }
    }

    /** What was accepted is answered the same, whatever has become of its gateway. */
    @Test
    void answersARepeatedRequestOfAGatewayWhoseKeyIsGone() {
        String gw = enrolled("sec-revoked");
        String id = accepted(post(gw, body(MARK), "Idempotency-Key", "k"));
        api.sql("update agent_credentials set status = 'revoked' where agent_id = 'sec-revoked'");

        assertThat(accepted(post(gw, body(MARK), "Idempotency-Key", "k"))).isEqualTo(id);
        assertThat(post(gw, body(MARK), "Idempotency-Key", "k2").code()).isEqualTo("not_enrolled");
    }

    @Test
    void echoesNoSecretInWhatItRefuses() {
        String gw = enrolled("sec-wrong");
        for (String wrong :
                List.of(
                        body(MARK + "\\u0001"),
                        body(MARK + "\\u0000"),
                        body(MARK + "\\ud800"),
                        body(MARK + "x".repeat(300)),
                        body(MARK).replace("\"password\"", "\"pasword\""),
                        body(MARK).replace("\"" + MARK + "\"", "[\"" + MARK + "\"]"),
                        body(MARK)
                                .replace("\"" + MARK + "\"", "{\"" + "p" + "\":\"" + MARK + "\"}"),
                        body(MARK).replace("eve", "EVE " + MARK),
                        body(MARK).replace("create_panel_user", "create_panel_usr"),
                        body(MARK) + MARK,
                        body(MARK).substring(0, body(MARK).length() - 2))) {
            Answer answer = post(gw, wrong);
            assertThat(answer.status()).as(wrong).isBetween(400, 422);
            assertThat(answer.body()).as(wrong).doesNotContain(MARK);
        }
        assertThat(post(gw, body(MARK).replace(MARK, "")).json().path("errors").path(0))
                .hasToString(
                        "{\"pointer\":\"/parameters/password\",\"message\":\"must have at least 1"
                                + " characters\"}");
    }

    @Test
    void takesTheNameOfACommandForItsSeal() throws Exception {
        String gw = enrolled("sec-named");
        String id = UUID.randomUUID().toString();
        String named =
                body(MARK)
                        .replace("{\"command\"", "{\"correlation_id\":\"" + id + "\",\"command\"");

        assertThat(accepted(post(gw, named))).isEqualTo(id);
        assertThat(accepted(post(gw, named))).isEqualTo(id);
        assertThat(
                        ring.open(
                                        CorrelationId.of(id),
                                        AgentId.of(gw),
                                        Bytes.of(
                                                HexFormat.of()
                                                        .parseHex(
                                                                row("encode(sealed, 'hex')", id))))
                                .envelope()
                                .utf8())
                .contains(MARK);
    }
}
