package io.viworks.conformance.packaged;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each program, started wrongly: all mistakes at once, in words, without secrets. */
class BadConfigurationTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** EX_CONFIG of sysexits.h: a service manager need not start the agent again. */
    private static final int WRONG_CONFIGURATION = 78;

    private static final String SECRET = "hunter2-must-not-be-seen";

    @TempDir private Path folder;

    /**
     * A wrong start.
     *
     * @param mistakes what must be named
     */
    record Wrong(
            String program,
            List<String> arguments,
            Map<String, String> environment,
            List<String> mistakes) {
        @Override
        public String toString() {
            return program;
        }
    }

    static Stream<Wrong> starts() {
        return Stream.of(
                new Wrong(
                        "agent-bridge",
                        List.of(),
                        Map.of(
                                "AGENT_BRIDGE_ENABLED", "true",
                                "AGENT_BRIDGE_BIND", "everywhere",
                                "AGENT_BRIDGE_AUTH", "trust",
                                "AGENT_BRIDGE_MAX_CONN", "-1",
                                "AGENT_BRIDGE_MAX_CON", "7",
                                "AGENT_BRIDGE_SHARED_SECRET", SECRET,
                                "AGENT_BRIDGE_SHARED_SECRET_FILE", "/nowhere/secret",
                                "VIW_REDIS_URL", "http://user:" + SECRET + "@127.0.0.1"),
                        List.of(
                                "AGENT_BRIDGE_BIND",
                                "AGENT_BRIDGE_AUTH",
                                "AGENT_BRIDGE_MAX_CONN must be",
                                "AGENT_BRIDGE_MAX_CON is not known",
                                "AGENT_BRIDGE_SHARED_SECRET_FILE",
                                "VIW_REDIS_URL")),
                new Wrong(
                        "telemetry-writer",
                        List.of(),
                        Map.of(
                                "VIW_TELEMETRY_BATCH", "many",
                                "VIW_TELEMETRY_KEEP", "3",
                                "VIW_MANAGEMENT_BIND", "127.0.0.1:port",
                                "VIW_JDBC_PASSWORD", SECRET,
                                "VIW_JDBC_PASSWORD_FILE", "/nowhere/password"),
                        List.of(
                                "VIW_TELEMETRY_BATCH",
                                "VIW_TELEMETRY_KEEP",
                                "VIW_MANAGEMENT_BIND",
                                "VIW_JDBC_PASSWORD_FILE",
                                "VIW_JDBC_URL is missing")),
                new Wrong(
                        "results-writer",
                        List.of(),
                        Map.of(
                                "VIW_RESULTS_BATCH", "0",
                                "VIW_OUTCOME_GRACE", "yesterday",
                                "VIW_RESULTS_BATHC", "1",
                                "VIW_REDIS_PASSWORD", SECRET,
                                "VIW_REDIS_PASSWORD_FILE", "/nowhere/password"),
                        List.of(
                                "VIW_RESULTS_BATCH must be",
                                "VIW_OUTCOME_GRACE",
                                "VIW_RESULTS_BATHC is not known; did you mean VIW_RESULTS_BATCH?",
                                "VIW_REDIS_PASSWORD_FILE",
                                "VIW_JDBC_URL is missing")),
                new Wrong(
                        "admin-api",
                        List.of(),
                        Map.of(
                                "VIW_ADMIN_BIND", "8081",
                                "VIW_ADMIN_PORT", "8081",
                                "AGENT_QUEUE_MAX", "none",
                                "VIW_STALE_AFTER", "1",
                                "VIW_API_TOKENS_FILE", "/nowhere/tokens",
                                "VIW_JDBC_PASSWORD", SECRET),
                        List.of(
                                "VIW_ADMIN_BIND",
                                "VIW_ADMIN_PORT is not known",
                                "AGENT_QUEUE_MAX",
                                "VIW_API_TOKENS_FILE",
                                "VIW_STALE_AFTER",
                                "VIW_JDBC_URL is missing")),
                new Wrong(
                        "agent",
                        List.of("run"),
                        Map.of(
                                "VIW_AGENT_BACKEND_URL", "http://127.0.0.1/agent/ws",
                                "VIW_AGENT_AGENT_ID", "not an id",
                                "VIW_AGENT_MAX_CONCURRENCY", "lots",
                                "VIW_AGENT_FEATURE_INBOUND_HTTP", "true",
                                "VIW_AGENT_COLOUR", "blue",
                                "VIW_AGENT_SHARED_SECRET_FILE", "/nowhere/secret"),
                        List.of(
                                "VIW_AGENT_BACKEND_URL",
                                "VIW_AGENT_AGENT_ID",
                                "VIW_AGENT_MAX_CONCURRENCY",
                                "VIW_AGENT_FEATURE_INBOUND_HTTP",
                                "VIW_AGENT_COLOUR",
                                "VIW_AGENT_SHARED_SECRET_FILE")));
    }

    @ParameterizedTest
    @MethodSource("starts")
    void everyMistakeIsNamedAtOnceWithoutATraceOrASecret(Wrong wrong) throws Exception {
        boolean isAgent = wrong.program().equals("agent");
        Path jar = isAgent ? Jars.agent() : Jars.of(wrong.program());
        int exit = isAgent ? WRONG_CONFIGURATION : 1;
        try (Run run = Run.of(jar, wrong.arguments(), wrong.environment(), folder)) {
            assertThat(run.exitWithin(PATIENCE)).as(run::output).isEqualTo(exit);
            assertThat(run.output())
                    .contains(wrong.mistakes())
                    .doesNotContain(SECRET, "Exception", "\tat ", "\\tat ");
        }
    }

    @Test
    void aFileBesideTheProcessIsReadAndItsMistakesAreNamedToo() throws Exception {
        Files.createDirectories(folder.resolve("config"));
        Files.writeString(
                folder.resolve("config/telemetry-writer.yaml"),
                """
                VIW_JDBC_URL: jdbc:postgresql://127.0.0.1:1/viworks
                VIW_TELEMETRY_BATCH: many
                VIW_TELEMETRY_BACH: 3
                """);
        try (Run run = Run.of(Jars.of("telemetry-writer"), List.of(), Map.of(), folder)) {
            assertThat(run.exitWithin(PATIENCE)).as(run::output).isEqualTo(1);
            assertThat(run.output())
                    .contains("VIW_TELEMETRY_BATCH must be", "VIW_TELEMETRY_BACH is not known")
                    .doesNotContain("VIW_JDBC_URL is missing");
        }
    }

    @Test
    void aBridgeThatIsNotEnabledSaysSoAndEndsWell() throws Exception {
        try (Run run = Run.of(Jars.of("agent-bridge"), List.of(), Map.of(), folder)) {
            assertThat(run.exitWithin(PATIENCE)).as(run::output).isZero();
            assertThat(run.output()).contains("disabled");
        }
    }

    @Test
    void theLauncherNamesEveryWordItDoesNotUnderstand() throws Exception {
        List<String> arguments = List.of("up", "--chekc", "--bridges", "many");
        try (Run run = Run.of(Jars.launcher(), arguments.subList(1, 4), Map.of(), folder)) {
            assertThat(run.exitWithin(PATIENCE)).isEqualTo(2);
            assertThat(run.output())
                    .contains("unknown option --chekc", "--bridges takes a number", "usage:");
        }
    }
}
