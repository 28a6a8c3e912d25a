package io.viworks.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line: what it prints and the codes it ends with. */
class MainTest {
    private static final String SECRET = "a secret nobody may see";

    @TempDir Path folder;
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeEach
    void configure() throws Exception {
        Path secret = Files.writeString(folder.resolve("secret"), SECRET);
        environment.put("VIW_AGENT_AGENT_ID", "gateway-1");
        environment.put("VIW_AGENT_BACKEND_URL", "wss://edge.example/agent/ws");
        environment.put("VIW_AGENT_SHARED_SECRET_FILE", secret.toString());
        environment.put("VIW_AGENT_DATA_DIR", folder.resolve("data").toString());
    }

    private int agent(String... args) {
        return new Main(
                        environment,
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8))
                .main(List.of(args));
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void saysWhatItCanDoAndHowItEnds() {
        assertThat(agent("--help")).isZero();
        assertThat(out())
                .contains("agent run", "agent check", "agent version", "78 wrong configuration");
        assertThat(agent("version")).isZero();
        assertThat(agent()).isEqualTo(2);
        assertThat(agent("dance")).isEqualTo(2);
        assertThat(agent("run", "--fast")).isEqualTo(2);
        assertThat(err()).contains("there is no command dance", "run takes --config FILE");
    }

    @Test
    void printsWhatWouldBeUsedAndNoSecret() throws Exception {
        Path file =
                Files.writeString(
                        folder.resolve("agent-outbound.toml"),
                        """
                        [outbound]
                        agent_id = "from-the-file"
                        site = "berlin"
                        allowed_verbs = ["echo", "list_containers"]

                        [outbound.labels]
                        rack = "7"
                        """);
        assertThat(agent("check", "--config", file.toString())).isZero();
        assertThat(out())
                .containsPattern("(?m)^agent_id +gateway-1$")
                .containsPattern("(?m)^site +berlin$")
                .containsPattern("(?m)^labels +\\{rack=7}$")
                .containsPattern("(?m)^allowed_verbs +\\[echo, list_containers]$")
                .doesNotContain(SECRET);
        environment.put("VIW_AGENT_CONFIG", file.toString());
        environment.remove("VIW_AGENT_AGENT_ID");
        assertThat(agent("check")).isZero();
        assertThat(out()).contains("from-the-file");
    }

    @Test
    void reportsEveryMistakeAtOnceWithItsPlace() throws Exception {
        Path file =
                Files.writeString(
                        folder.resolve("agent-outbound.toml"),
                        """
                        [outbound]
                        agent_id = "no spaces, please"
                        colour = "blue"
                        max_concurrency = 0
                        feature_inbound_http = true

                        [inbound]
                        port = 80
                        """);
        environment.remove("VIW_AGENT_AGENT_ID");
        environment.put("VIW_AGENT_BACKEND_URL", "https://edge.example");
        environment.put("VIW_AGENT_COLLECT_INTERVAL", "often");
        environment.put("VIW_AGENT_SHARED_SECRET_FILE", folder.resolve("absent").toString());
        environment.put("VIW_AGENT_LOG_LEVEL", "loud");
        assertThat(agent("run", "--config", file.toString())).isEqualTo(78);
        assertThat(err())
                .contains(file + ":2: agent_id must match")
                .contains(file + ":3: colour")
                .contains(file + ":4: max_concurrency must be a whole number from 1 to 64")
                .contains(file + ":5: feature_inbound_http must be false")
                .contains(file + ":7: inbound is unknown")
                .contains("VIW_AGENT_BACKEND_URL: backend_url must be a URL")
                .contains("VIW_AGENT_COLLECT_INTERVAL: collect_interval must be")
                .contains("VIW_AGENT_SHARED_SECRET_FILE: shared_secret_file must name a file")
                .contains("VIW_AGENT_LOG_LEVEL: log_level must be")
                .contains("9 mistakes; nothing was started");
        assertThat(folder.resolve("data")).doesNotExist();
    }

    @Test
    void showsTheIdentityAndNothingSecretOfIt() throws Exception {
        environment.remove("VIW_AGENT_SHARED_SECRET_FILE");
        Path identity = folder.resolve("identity.json");
        environment.put("VIW_AGENT_IDENTITY_KEY_FILE", identity.toString());
        environment.put("VIW_AGENT_ENROLL_URL", "https://edge.example/agent/enroll");
        environment.put("VIW_AGENT_ENROLL_TOKEN_FILE", folder.resolve("secret").toString());
        assertThat(agent("check")).isZero();
        assertThat(out())
                .containsPattern("(?m)^identity_key_file +" + identity + "$")
                .containsPattern("(?m)^shared_secret_file +\\(none\\)$")
                .doesNotContain(SECRET);
        assertThat(identity).as("to look makes nothing").doesNotExist();
        Files.writeString(identity, "{\"agent_id\":\"another\"}");
        assertThat(agent("check")).isEqualTo(78);
        assertThat(err()).contains("identity_key_file must be a file only its owner can read");
    }

    @Test
    void asksForSomethingToProveItselfWith() {
        environment.remove("VIW_AGENT_SHARED_SECRET_FILE");
        environment.put("VIW_AGENT_ENROLL_URL", "https://edge.example/agent/enroll");
        assertThat(agent("check")).isEqualTo(78);
        assertThat(err())
                .contains("shared_secret_file must be set, or identity_key_file")
                .contains("enroll_url must stand together with identity_key_file");
    }
}
