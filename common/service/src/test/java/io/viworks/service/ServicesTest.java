package io.viworks.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.service.trace.Tracing;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Starts a small service as a process of its own and reads what it says. */
class ServicesTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    record Settings(int count) {
        static Settings from(Config config) {
            config.owns("PROBE_");
            config.enabledBy("PROBE_ENABLED");
            config.required("PROBE_URL");
            return new Settings(config.integer("PROBE_COUNT", 3, 1, 9));
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Probe {
        public static void main(String[] args) {
            Services.run("probe", Probe.class, Settings.class, Settings::from, args)
                    .ifPresent(context -> {
                        org.slf4j.LoggerFactory.getLogger("probe")
                                .atInfo()
                                .addKeyValue("event", "read")
                                .addKeyValue("count", context.getBean(Settings.class).count())
                                .log("say \"{}\"", "hi");
                        try (Tracing tracing = context.getBean(TracingSettings.class).open()) {
                            tracing.begin(Tracing.Kind.SERVER, "probe", null).end();
                        }
                        context.close();
                    });
        }

        @Bean
        SmartLifecycle listener() {
            return new Listener();
        }
    }

    /** Listens on the port of the argument, when there is one. */
    static final class Listener implements SmartLifecycle {
        @Override
        public void start() {
            int port = Integer.getInteger("probe.port", 0);
            if (port != 0) {
                try (ServerSocket socket =
                        new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                    assertThat(socket.isBound()).isTrue();
                } catch (IOException e) {
                    throw new PortInUseException(port, e);
                }
            }
        }

        @Override
        public void stop() {}

        @Override
        public boolean isRunning() {
            return false;
        }
    }

    @Test
    void logsOneJsonObjectALineWithTheEventsOwnKeys(@TempDir Path dir) throws Exception {
        Run run = run(dir, Map.of("PROBE_URL", "x", "PROBE_COUNT", "4"));

        assertThat(run.exitCode()).as(run.output()).isZero();
        JsonNode line = run.line("read");
        assertThat(line.path("msg").asString()).isEqualTo("say \"hi\"");
        assertThat(line.path("count").asInt()).isEqualTo(4);
        assertThat(line.path("service").asString()).isEqualTo("probe");
        assertThat(line.path("level").asString()).isEqualTo("INFO");
        assertThat(line.path("ts").asString()).endsWith("Z");
    }

    @Test
    void withoutACollectorNothingOfOpenTelemetryIsLoaded(@TempDir Path dir) throws Exception {
        String log = "-Xlog:class+load:file=" + dir.resolve("classes.log");
        assertThat(run(dir, Map.of("PROBE_URL", "x"), log).exitCode()).isZero();
        assertThat(Files.readString(dir.resolve("classes.log")))
                .contains("io.viworks.service.trace.NoTracing")
                .doesNotContain("io.opentelemetry");
    }

    @Test
    void namesEveryMistakeAndExitsWithAnError(@TempDir Path dir) throws Exception {
        Run run = run(dir, Map.of("PROBE_COUNT", "99", "PROBE_CUONT", "1"));

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.lines("bad_configuration"))
                .extracting(line -> line.path("msg").asString())
                .containsExactly(
                        "PROBE_URL is missing",
                        "PROBE_COUNT must be a whole number from 1 to 9; it is \"99\"",
                        "PROBE_CUONT is not known; did you mean PROBE_COUNT?");
    }

    @Test
    void saysDisabledAndExitsWithZero(@TempDir Path dir) throws Exception {
        Run run = run(dir, Map.of("PROBE_ENABLED", "false"));

        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.line("disabled").path("msg").asString())
                .isEqualTo("disabled: PROBE_ENABLED=false");
        assertThat(run.output()).doesNotContain("ERROR");
    }

    @Test
    void readsTheFileBesideTheProcessButTheEnvironmentWins(@TempDir Path dir) throws Exception {
        Files.createDirectories(dir.resolve("config"));
        Files.writeString(dir.resolve("config/probe.yaml"), "PROBE_URL: x\nPROBE_COUNT: 5\n");
        assertThat(run(dir, Map.of()).line("read").path("count").asInt()).isEqualTo(5);
        assertThat(run(dir, Map.of("PROBE_COUNT", "6")).line("read").path("count").asInt())
                .isEqualTo(6);
    }

    @Test
    void aPortInUseIsAClearMessageAndAnError(@TempDir Path dir) throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Run run = run(dir, Map.of("PROBE_URL", "x"), "-Dprobe.port=" + taken.getLocalPort());

            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.line("bind_failed").path("msg").asString())
                    .contains("cannot listen")
                    .contains(String.valueOf(taken.getLocalPort()));
        }
    }

    record Run(int exitCode, String output) {
        List<JsonNode> lines(String event) {
            return output.lines()
                    .filter(line -> line.startsWith("{"))
                    .map(JSON::readTree)
                    .filter(line -> line.path("event").asString("").equals(event))
                    .toList();
        }

        JsonNode line(String event) {
            assertThat(lines(event)).as(output).hasSize(1);
            return lines(event).getFirst();
        }
    }

    private static Run run(Path dir, Map<String, String> environment, String... jvmArgs)
            throws IOException, InterruptedException {
        Path out = dir.resolve("out.log");
        ProcessBuilder builder =
                new ProcessBuilder()
                        .directory(dir.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(out.toFile());
        builder.command().add(System.getProperty("java.home") + File.separator + "bin/java");
        builder.command().addAll(List.of(jvmArgs));
        builder.command()
                .addAll(
                        List.of(
                                "-cp",
                                System.getProperty("java.class.path"),
                                Probe.class.getName()));
        builder.environment().keySet().removeIf(name -> name.startsWith("PROBE_"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        return new Run(process.exitValue(), Files.readString(out, StandardCharsets.UTF_8));
    }
}
