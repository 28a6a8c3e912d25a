package io.viworks.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.protocol.CorrelationId;
import io.viworks.service.Services;
import io.viworks.testkit.PrometheusText;
import io.viworks.testkit.TestPostgres;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;

/** The sums of docs/metrics.md, by what the service itself tells (spec 07). */
class CounterSumsTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final String STREAM = "stream=\"viw.command_results\"";

    private final ResultsFixture fixture = ResultsFixture.onShared();

    @Test
    void whatIsReadIsWrittenDuplicateOrSetAsideAlsoAfterARestart() throws Exception {
        try (fixture) {
            Gateway gateway = fixture.gateway("gw-1");
            CorrelationId one = taken(gateway, fixture.command("gw-1"));
            CorrelationId two = taken(gateway, fixture.command("gw-1"));
            String result = "\"execution_id\":\"" + UUID.randomUUID() + "\",\"status\":\"success\"";
            gateway.ack(one);
            gateway.result(one, result);
            gateway.result(one, result);
            gateway.success(new CorrelationId(UUID.randomUUID())); // nobody asked for it
            gateway.result(two, "\"status\":7"); // cannot be read
            try (ConfigurableApplicationContext first = start()) {
                // DISPATCHED twice, ACK, RESULT, its repeat, the foreign and the malformed one.
                addsUp(first, 7, 1, 1);
            }
            gateway.result(one, result);
            gateway.ack(two);
            gateway.ack(two);
            gateway.result(two, "\"status\":8");
            gateway.success(two);
            try (ConfigurableApplicationContext second = start()) {
                addsUp(second, 5, 2, 1);
            }
            assertThat(fixture.state(one)).isEqualTo("SUCCEEDED");
            assertThat(fixture.state(two)).isEqualTo("SUCCEEDED");
            assertThat(fixture.redis.command("XLEN viw.command_results.dlq")).isEqualTo(":2");
        }
    }

    private static CorrelationId taken(Gateway gateway, CorrelationId id) {
        await().atMost(LONG).until(() -> gateway.taken.contains(id));
        return id;
    }

    private ConfigurableApplicationContext start() {
        TestPostgres.Database login = fixture.database.as("results_writer");
        return Services.run(
                        "results-writer",
                        ResultsWriter.class,
                        ResultsSettings.class,
                        ResultsSettings::from,
                        "--VIW_JDBC_URL=" + login.url(),
                        "--VIW_JDBC_USER=" + login.user(),
                        "--VIW_JDBC_PASSWORD=" + login.password(),
                        "--VIW_REDIS_URL=redis://results-writer:secret@127.0.0.1:"
                                + fixture.redis.port(),
                        "--VIW_RESEND_SILENCE=5m",
                        "--VIW_MANAGEMENT_BIND=127.0.0.1:0")
                .orElseThrow();
    }

    private static void addsUp(
            ConfigurableApplicationContext service,
            double atLeastRead,
            double duplicate,
            double setAside) {
        String port = service.getEnvironment().getRequiredProperty("local.server.port");
        await().atMost(LONG)
                .untilAsserted(() -> {
                    PrometheusText told = PrometheusText.of("http://127.0.0.1:" + port);
                    double read = loop(told, "read");
                    assertThat(read).isGreaterThanOrEqualTo(atLeastRead);
                    assertThat(loop(told, "set_aside")).isEqualTo(setAside);
                    assertThat(record(told, "duplicate")).isGreaterThanOrEqualTo(duplicate);
                    assertThat(record(told, "written") + record(told, "duplicate") + setAside)
                            .isEqualTo(read);
                    assertThat(
                                    loop(told, "handled")
                                            + loop(told, "set_aside")
                                            + loop(told, "lost")
                                            + loop(told, "left")
                                            + told.sum("viw_stream_in_hand", STREAM))
                            .isEqualTo(read);
                });
    }

    private static double loop(PrometheusText told, String outcome) {
        return told.sum("viw_stream_records_total", STREAM, "outcome=\"" + outcome + "\"");
    }

    private static double record(PrometheusText told, String outcome) {
        return told.sum("viw_results_records_total", "outcome=\"" + outcome + "\"");
    }
}
