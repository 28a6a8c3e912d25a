package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.viworks.service.BadConfiguration;
import io.viworks.service.Services;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BadSettingsTest {
    private static void start(String... settings) {
        Services.run(
                "admin-api", AdminApi.class, AdminSettings.class, AdminSettings::from, settings);
    }

    @Test
    void namesEveryMistakeAtOnce() {
        assertThatThrownBy(() ->
                        start(
                                "--VIW_ADMIN_BIND=here",
                                "--VIW_ADMIN_BNID=127.0.0.1:1",
                                "--AGENT_QUEUE_MAX=1OO",
                                "--VIW_STALE_AFTER=soon",
                                "--VIW_OUTCOME_GRACE=-1s",
                                "--AGENT_SECRETS_ON_SHARED_SECRET=perhaps",
                                "--VIW_REDIS_URL=http://u:geheim@redis",
                                "--VIW_SIGNING_KEY_FILE=/nowhere/key",
                                "--VIW_API_TOKENS_FILE=/nowhere/tokens"))
                .isInstanceOf(BadConfiguration.class)
                .hasMessageContainingAll(
                        "VIW_JDBC_URL is missing",
                        "VIW_ADMIN_BIND must be host:port",
                        "did you mean VIW_ADMIN_BIND?",
                        "AGENT_QUEUE_MAX must be a whole number from 1",
                        "VIW_STALE_AFTER must be a duration",
                        "VIW_OUTCOME_GRACE must be a duration",
                        "AGENT_SECRETS_ON_SHARED_SECRET must be true or false",
                        "VIW_REDIS_URL must be",
                        "VIW_SIGNING_KEY_FILE: /nowhere/key must be a file",
                        "VIW_API_TOKENS_FILE cannot be read: /nowhere/tokens")
                .hasMessageNotContaining("geheim");
    }

    /** A word in a wrong place may be a token. */
    @Test
    void repeatsNoWordOfTheTokensFile(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("tokens");
        Files.writeString(
                file,
                """
                vera viewer geheim-1
                otto geheim-2 %1$s
                anna admin %1$s geheim-3
                geheim/4 admin %1$s
                geheim-5
                """
                        .formatted("0".repeat(64)));
        assertThatThrownBy(() ->
                        start(
                                "--VIW_JDBC_URL=jdbc:postgresql://127.0.0.1:1/none",
                                "--VIW_API_TOKENS_FILE=" + file))
                .isInstanceOf(BadConfiguration.class)
                .hasMessageContainingAll(
                        ":1: the third word",
                        ":2: the second word",
                        ":3: the fourth word",
                        ":4: the first word",
                        ":5: must be: name role sha256hex")
                .hasMessageNotContaining("geheim");
    }
}
