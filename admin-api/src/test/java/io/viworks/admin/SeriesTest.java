package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Series of a gateway's figures (spec 5, {@code /telemetry?from&to&step}). */
final class SeriesTest {
    private static final ApiServer API = ApiServer.shared().ready();
    private static final String SERIES = "/admin/api/gateways/series/telemetry";

    private static final Instant YESTERDAY =
            Instant.parse(
                    API.query("select current_timestamp at time zone 'UTC' - interval '1 day'")
                                    .getFirst()
                                    .substring(0, 10)
                            + "T00:00:00Z");
    private static final Instant NOON = YESTERDAY.plus(12, ChronoUnit.HOURS);

    /** Three minutes of figures around noon, one of them without a word about the disk. */
    @BeforeAll
    static void measured() {
        API.sql(
                """
                insert into os_gateways (agent_id, site) values ('series', 'berlin'),
                  ('series-none', 'berlin'), ('series-far', 'paris');
                insert into os_gateway_metrics (agent_id, bucket, cpu_sum, cpu_max, cpu_samples,
                  mem_sum, mem_max, mem_samples, disk_sum, disk_max, disk_samples, load_sum,
                  load_max, load_samples, epoch, n)
                values
                ('series', '%1$s', 30, 20, 2, 0, 0, 4, 50, 50, 1, 1, 1, 1, 1, 1),
                ('series', '%2$s', 90, 80, 2, 8, 8, 1, 0, null, 0, 3, 3, 1, 1, 2),
                ('series', '%3$s', 10, 10, 1, 2, 2, 1, 70, 70, 1, 5, 5, 1, 1, 3),
                ('series-far', '%1$s', 99, 99, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1);
                """
                        .formatted(
                                NOON.minusSeconds(60),
                                NOON.plusSeconds(60),
                                NOON.plusSeconds(600)));
    }

    private static ApiServer.Answer ask(Instant from, Instant to, int step) {
        return API.get(SERIES + "?from=" + from + "&to=" + to + "&step=" + step, ApiServer.VIEWER);
    }

    private static List<JsonNode> points(ApiServer.Answer answer) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        List<JsonNode> points = new ArrayList<>();
        answer.json().path("points").forEach(points::add);
        return points;
    }

    @Test
    void showsEveryMinuteAndNothingWhereNothingWasMeasured() {
        List<JsonNode> points = points(ask(NOON.minusSeconds(120), NOON.plusSeconds(180), 60));
        assertThat(points.stream().map(point -> Instant.parse(point.path("at").asString())))
                .isEqualTo(
                        IntStream.range(-2, 3)
                                .mapToObj(minute -> NOON.plusSeconds(60L * minute))
                                .toList());
        assertThat(points.stream().map(point -> point.path("cpu").isNull()))
                .containsExactly(true, false, true, false, true);
        assertThat(points.get(1).path("cpu").path("avg").asDouble()).isEqualTo(15);
        assertThat(points.get(1).path("cpu").path("max").asDouble()).isEqualTo(20);
        assertThat(points.get(1).path("cpu").path("samples").asInt()).isEqualTo(2);
        assertThat(points.get(1).path("mem").path("avg").asDouble()).isZero();
        assertThat(points.get(3).path("disk").isNull()).as("not measured is not zero").isTrue();
        assertThat(points.get(3).path("load").path("avg").asDouble()).isEqualTo(3);
    }

    @Test
    void weighsEachSampleTheSameWhenStepsAreLonger() {
        ApiServer.Answer answer = ask(YESTERDAY.minusSeconds(1), NOON.plusSeconds(1), 86_400);
        assertThat(answer.json().path("from").asString())
                .isEqualTo(YESTERDAY.minus(Duration.ofDays(1)).toString());
        assertThat(answer.json().path("to").asString())
                .isEqualTo(YESTERDAY.plus(Duration.ofDays(1)).toString());
        List<JsonNode> days = points(answer);
        assertThat(days).hasSize(2);
        assertThat(days.get(0).path("cpu").isNull()).isTrue();
        JsonNode cpu = days.get(1).path("cpu");
        assertThat(cpu.path("avg").asDouble()).isCloseTo(26, within(1e-9));
        assertThat(cpu.path("max").asDouble()).isEqualTo(80);
        assertThat(cpu.path("samples").asInt()).isEqualTo(5);
        assertThat(days.get(1).path("disk").path("avg").asDouble()).isEqualTo(60);
    }

    @Test
    void beginsAnHourAgoAndEndsNowWithAStepThatFits() {
        JsonNode hour = API.get(SERIES, ApiServer.VIEWER).json();
        assertThat(hour.path("step_s").asInt()).isEqualTo(60);
        assertThat(hour.path("points").size()).isBetween(60, 61);
        Instant month = Instant.now().minus(Duration.ofDays(30)).plusSeconds(60);
        JsonNode all =
                API.get(
                                SERIES + "?from=" + month + "&to=2999-01-01T00:00:00%2B02:00",
                                ApiServer.VIEWER)
                        .json();
        assertThat(all.path("step_s").asInt()).isEqualTo(10_800);
        assertThat(all.path("points").size()).isBetween(240, 242);
        assertThat(
                        API.get("/admin/api/gateways/series-none/telemetry", ApiServer.VIEWER)
                                .json()
                                .path("points")
                                .path(0)
                                .path("load")
                                .isNull())
                .isTrue();
    }

    @Test
    void showsNothingOfOtherSites() {
        assertThat(API.get(SERIES, ApiServer.BERLIN).status()).isEqualTo(200);
        ApiServer.Answer far =
                API.get("/admin/api/gateways/series-far/telemetry", ApiServer.BERLIN);
        assertThat(far.status()).isEqualTo(404);
        assertThat(far.code()).isEqualTo("unknown_gateway");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    step=59                                              | step | multiple of 60
                    step=90                                              | step | multiple of 60
                    step=0                                               | step | multiple of 60
                    step=-60                                             | step | multiple of 60
                    step=86460                                           | step | up to 86400
                    step=minute                                          | step | whole number
                    from=yesterday                                       | from | 2026-01-15T12:00:00Z
                    from=2026-01-01T00:00:00+02:00                       | from | %2B
                    to=2026-01-01                                        | to   | 2026-01-15T12:00:00Z
                    from=2999-01-01T00:00:00Z                            | from | before now
                    from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z    | from | before to
                    from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z    | from | before to
                    from=2020-01-01T00:00:00Z                            | from | 30 days
                    from=-292275055-05-16T16:47:04Z                      | from | instant
                    from=2026-01-01T00:00:00Z&to=2026-01-03T00:00:00Z&step=60 | step | at least 120
                    """)
    void saysWhatWouldBeRight(String query, String parameter, String message) {
        ApiServer.Answer answer = API.get(SERIES + "?" + query, ApiServer.VIEWER);
        assertThat(answer.status()).as(answer.body()).isEqualTo(400);
        assertThat(answer.code()).isEqualTo("bad_parameter");
        JsonNode error = answer.json().path("errors").path(0);
        assertThat(error.path("parameter").asString()).isEqualTo(parameter);
        assertThat(error.path("message").asString()).contains(message);
    }

    @Test
    void takesTheStepThatItNamedAsTheLeast() {
        assertThat(
                        API.get(
                                        SERIES
                                                + "?from=2026-01-01T00:00:30Z&to=2026-01-03T00:00:30Z"
                                                + "&step=120",
                                        ApiServer.VIEWER)
                                .json()
                                .path("points"))
                .hasSize(1_441);
    }

    /** As the statement is planned for any parameters, after some executions. */
    @Test
    void opensOnlyTheDaysThatAreAskedFor() throws SQLException {
        List<String> plan = new ArrayList<>();
        try (Connection connection = API.database().connect();
                Statement statement = connection.createStatement()) {
            statement.execute("set plan_cache_mode = force_generic_plan");
            statement.execute(
                    """
                    prepare series (text, timestamptz, timestamptz) as
                      select date_bin(make_interval(secs => 60), m.bucket,
                                      timestamptz '1970-01-01 00:00:00Z') as at,
                             sum(m.cpu_sum)
                      from os_gateway_metrics m
                      where m.agent_id = $1 and m.bucket >= $2 and m.bucket < $3
                      group by 1
                    """);
            ResultSet rows =
                    statement.executeQuery(
                            "explain (analyze, costs off, timing off) execute series ('series',"
                                    + " '%s', '%s')"
                                            .formatted(
                                                    NOON.plusSeconds(60), NOON.plusSeconds(120)));
            while (rows.next()) {
                plan.add(rows.getString(1));
            }
        }
        assertThat(plan).anySatisfy(line -> assertThat(line).contains("Subplans Removed"));
        assertThat(plan.stream().filter(line -> line.contains(" on os_gateway_metrics_")))
                .as(String.join("\n", plan))
                .hasSize(1)
                .allSatisfy(line -> assertThat(line).contains("Scan"));
    }
}
