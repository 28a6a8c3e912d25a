package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.protocol.signing.VerifyKeys;
import io.viworks.testkit.TestPostgres;
import io.viworks.testkit.TestRedis;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What is accepted is signed once, over the very bytes that are stored. */
final class SignedCommandsTest {
    @TempDir Path folder;

    private Path pem(String name, String kind, Key key) throws Exception {
        return Files.writeString(
                folder.resolve(name),
                "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
                        .formatted(kind, Base64.getEncoder().encodeToString(key.getEncoded())));
    }

    @Test
    void signsTheStoredEnvelopeAlsoOfACommandThatWaits() throws Exception {
        KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        Path key = pem("signing.key", "PRIVATE KEY", pair.getPrivate());
        VerifyKeys keys =
                VerifyKeys.read(List.of(pem("signing.pem", "PUBLIC KEY", pair.getPublic())));
        try (TestRedis redis = TestRedis.start();
                ApiServer api =
                        ApiServer.start(
                                TestPostgres.shared(), redis, "--VIW_SIGNING_KEY_FILE=" + key)) {
            api.sql(
                    """
                    insert into os_gateways (agent_id, status, supported_verbs, features, auth)
                    values ('signed', 'disconnected', '["echo"]', '["ack","jws"]', 'shared')
                    """);
            ApiServer.Answer answer =
                    api.post(
                            "/agent/commands/signed",
                            ApiServer.OPERATOR,
                            "{\"command\":\"echo\",\"parameters\":{\"message\":\"hi\"}}");
            assertThat(answer.status()).as(answer.body()).isEqualTo(202);
            String[] row =
                    api.query(
                                    "select convert_from(envelope, 'UTF8') || '|' || jws from"
                                            + " agent_commands")
                            .getFirst()
                            .split("[|]", -1);
            assertThat(keys.verified(row[1]).utf8())
                    .isEqualTo(row[0])
                    .contains("\"agent_id\":\"signed\"", "\"issued_by\":\"otto\"");
            JsonNode announced =
                    api.get("/admin/api/signing-keys", ApiServer.VIEWER).json().path("items");
            assertThat(announced).hasSize(1);
            assertThat(announced.path(0).path("kid").asString()).isIn(keys.kids());
            assertThat(announced.path(0).path("signs").asBoolean()).isTrue();
            assertThat(announced.path(0).path("public_key").asString())
                    .contains(Base64.getEncoder().encodeToString(pair.getPublic().getEncoded()))
                    .doesNotContain("PRIVATE");
        }
    }
}
