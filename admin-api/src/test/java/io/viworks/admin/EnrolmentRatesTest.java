package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.admin.ApiServer.Answer;
import io.viworks.testkit.TestPostgres;
import io.viworks.testkit.TestRedis;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How often anybody may ask to be enrolled. */
final class EnrolmentRatesTest {
    @Test
    void sendsASourceAwayThatAsksTooOften() {
        assertThat(limited("--VIW_ENROL_SOURCE_RATE=3")).isEqualTo("source");
    }

    @Test
    void sendsAllAwayWhenTooManyAsk() {
        assertThat(limited("--VIW_ENROL_RATE=1")).isEqualTo("total");
    }

    @Test
    void countsByTheEdgeWhoeverStandsBehindIt() {
        try (TestRedis redis = TestRedis.start();
                ApiServer api =
                        ApiServer.start(
                                TestPostgres.shared(),
                                redis,
                                "--VIW_ENROL_SOURCE_RATE=2",
                                "--AGENT_BRIDGE_TRUSTED_PROXIES=127.0.0.0/8",
                                "--AGENT_EDGE_SECRET=the-edge")) {
            api.ready();
            for (int i = 0; i < 6; i++) {
                // Whatever the client itself has said before the edge's own word is nobody's.
                Answer answer = by(api, "the-edge", "192.0.2.9, 192.0.2.1" + i);
                assertThat(answer.code()).isEqualTo("token_refused");
            }
            await().untilAsserted(() ->
                    assertThat(api.query("select origin from audit_log")).contains("192.0.2.15"));
            for (int i = 0; i < 2; i++) {
                assertThat(by(api, "another", "192.0.2.2" + i).code()).isEqualTo("token_refused");
            }
            assertThat(by(api, "another", "192.0.2.30").code()).isEqualTo("rate_limited");
            assertThat(by(api, "the-edge", "192.0.2.30").code()).isEqualTo("token_refused");
        }
    }

    private static Answer by(ApiServer api, String secret, String client) {
        return Enrolling.at(api, "rate")
                .token("viwj_" + "a".repeat(43))
                .header("X-Edge-Auth", secret)
                .header("X-Forwarded-For", client)
                .send();
    }

    private static Answer asked(ApiServer api) {
        return Enrolling.at(api, "rate").token("viwj_" + "a".repeat(43)).send();
    }

    /** Asks until it is sent away; the limit that did it. */
    private static String limited(String setting) {
        try (TestRedis redis = TestRedis.start();
                ApiServer api = ApiServer.start(TestPostgres.shared(), redis, setting)) {
            api.ready();
            assertThat(asked(api).code()).isEqualTo("token_refused");
            // As often as it takes: a slow machine may ask no faster than it is let in.
            Answer last =
                    Stream.generate(() -> asked(api))
                            .limit(1_000)
                            .dropWhile(one -> one.code().equals("token_refused"))
                            .findFirst()
                            .orElseThrow();
            assertThat(last.status()).as(last.body()).isEqualTo(429);
            assertThat(last.code()).isEqualTo("rate_limited");
            assertThat(Integer.parseInt(last.header("Retry-After"))).isPositive();
            return api.management("/actuator/prometheus")
                    .body()
                    .lines()
                    .filter(line -> line.startsWith("viw_enrolment_limited_total{"))
                    .map(line -> line.replaceAll(".*limit=\"([a-z]+)\".*", "$1"))
                    .findFirst()
                    .orElse("");
        }
    }
}
