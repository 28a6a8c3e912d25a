package io.viworks.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.Bytes;
import io.viworks.service.Services;
import io.viworks.testkit.PrometheusText;
import io.viworks.testkit.TestPostgres;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;

/** The sums of docs/metrics.md, by what the service itself tells (spec 07). */
class CounterSumsTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final TelemetryFixture fixture = TelemetryFixture.onShared();
    private final Gateway gateway =
            Gateway.of("gateway-001", Gateway.bridgeId(), 100, Instant.now());

    @Test
    void whatIsReadIsWrittenDuplicateOrSetAsideAlsoAfterARestart() throws Exception {
        try (fixture) {
            fixture.append(gateway.hello());
            telemetry(1, 20);
            telemetry(11, 15); // repeats
            malformed();
            try (ConfigurableApplicationContext first = start()) {
                addsUp(first, "viw.telemetry", "telemetry", 26, 20, 5, 1);
                addsUp(first, "viw.agent_hello", "agent_hello", 1, 1, 0, 0);
                fixture.append(gateway.hello("{\"type\":\"PING\"}"));
                fixture.append(gateway.gone(21));
                addsUp(first, "viw.agent_hello", "agent_hello", 3, 2, 0, 1);
            }
            telemetry(16, 20); // repeats of what its last life wrote
            telemetry(21, 30);
            malformed();
            malformed();
            try (ConfigurableApplicationContext second = start()) {
                addsUp(second, "viw.telemetry", "telemetry", 17, 10, 5, 2);
            }
            assertThat(fixture.redis.command("XLEN viw.telemetry.dlq")).isEqualTo(":3");
        }
    }

    private void telemetry(long from, long to) {
        for (long n = from; n <= to; n++) {
            fixture.append(gateway.telemetry(n, 1));
        }
    }

    private void malformed() {
        fixture.append(
                new StreamRecord.Telemetry(
                        gateway.agent(),
                        gateway.arrival(),
                        gateway.origin(),
                        Bytes.utf8("{\"type\":\"TELEMETRY\"}")));
    }

    private ConfigurableApplicationContext start() {
        TestPostgres.Database login = fixture.database.as("telemetry_writer");
        return Services.run(
                        "telemetry-writer",
                        TelemetryWriter.class,
                        WriterSettings.class,
                        WriterSettings::from,
                        "--VIW_JDBC_URL=" + login.url(),
                        "--VIW_JDBC_USER=" + login.user(),
                        "--VIW_JDBC_PASSWORD=" + login.password(),
                        "--VIW_REDIS_URL=redis://telemetry-writer:secret@127.0.0.1:"
                                + fixture.redis.port(),
                        "--VIW_MANAGEMENT_BIND=127.0.0.1:0")
                .orElseThrow();
    }

    private static void addsUp(
            ConfigurableApplicationContext service,
            String stream,
            String of,
            double read,
            double written,
            double duplicate,
            double setAside) {
        String port = service.getEnvironment().getRequiredProperty("local.server.port");
        await().atMost(LONG)
                .untilAsserted(() -> {
                    PrometheusText told = PrometheusText.of("http://127.0.0.1:" + port);
                    assertThat(loop(told, stream, "read")).isEqualTo(read);
                    assertThat(loop(told, stream, "set_aside")).isEqualTo(setAside);
                    assertThat(record(told, of, "written")).isEqualTo(written);
                    assertThat(record(told, of, "duplicate")).isEqualTo(duplicate);
                    assertThat(read).isEqualTo(written + duplicate + setAside);
                    assertThat(
                                    loop(told, stream, "handled")
                                            + loop(told, stream, "set_aside")
                                            + loop(told, stream, "lost")
                                            + loop(told, stream, "left")
                                            + told.sum(
                                                    "viw_stream_in_hand",
                                                    "stream=\"" + stream + "\""))
                            .isEqualTo(read);
                });
    }

    private static double loop(PrometheusText told, String stream, String outcome) {
        return told.sum(
                "viw_stream_records_total",
                "stream=\"" + stream + "\"",
                "outcome=\"" + outcome + "\"");
    }

    private static double record(PrometheusText told, String of, String outcome) {
        return told.sum(
                "viw_telemetry_records_total",
                "stream=\"" + of + "\"",
                "outcome=\"" + outcome + "\"");
    }
}
