package io.viworks.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.viworks.backplane.stream.Entry;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.frame.BadFrame;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.BadSqlGrammarException;
import org.springframework.jdbc.core.JdbcTemplate;

/** What a frame of telemetry makes of the last status and of the series. */
class SeriesTest {
    private static final String MINUTES = "select count(*) from os_gateway_metrics";

    private final TelemetryFixture fixture = TelemetryFixture.onShared();
    private final TelemetryFixture.Writer writer = fixture.writer();
    private final BridgeId bridge = Gateway.bridgeId();
    private final Instant minute = Instant.now().truncatedTo(ChronoUnit.MINUTES);
    private final Gateway gateway = Gateway.of("gateway-001", bridge, 100, minute);

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void aFramesValuesReachTheStatusAndItsMinute() throws Exception {
        writer.hello(gateway.hello());
        writer.telemetry(gateway.telemetry(1, 10));
        writer.telemetry(
                gateway.at(minute.plusSeconds(15)).telemetry(2, 30),
                gateway.at(minute.plusSeconds(30)).telemetry(3, 20));

        assertThat(
                        fixture.row(
                                """
                                select cpu_pct, mem_pct, disk_pct, load1, containers_running,
                                       services ->> 'nginx' as nginx,
                                       containers -> 0 ->> 'name' as container,
                                       payload ->> 'cpu_pct' as sent, epoch, n,
                                       reported_at = ?::timestamptz as arrived
                                from os_gateway_status where agent_id = ?
                                """,
                                minute.plusSeconds(30).toString(),
                                gateway.id()))
                .containsEntry("cpu_pct", 20.0)
                .containsEntry("mem_pct", 20.0)
                .containsEntry("disk_pct", 20.0)
                .containsEntry("load1", 20.0)
                .containsEntry("containers_running", 2)
                .containsEntry("nginx", "running")
                .containsEntry("container", "web")
                .containsEntry("sent", "20.0")
                .containsEntry("epoch", 100L)
                .containsEntry("n", 3L)
                .containsEntry("arrived", true);
        assertThat(
                        fixture.row(
                                """
                                select bucket = ?::timestamptz as here, cpu_sum, cpu_max,
                                       cpu_samples, load_sum, load_max, load_samples
                                from os_gateway_metrics where agent_id = ?
                                """,
                                minute.toString(),
                                gateway.id()))
                .containsEntry("here", true)
                .containsEntry("cpu_sum", 60.0)
                .containsEntry("cpu_max", 30.0)
                .containsEntry("cpu_samples", 3)
                .containsEntry("load_sum", 60.0)
                .containsEntry("load_max", 30.0)
                .containsEntry("load_samples", 3);
    }

    @Test
    void aFrameOfTheNextMinuteMakesTheNextPoint() throws Exception {
        writer.telemetry(
                gateway.telemetry(1, 10), gateway.at(minute.plusSeconds(60)).telemetry(2, 20));
        assertThat(fixture.count(MINUTES)).isEqualTo(2);
    }

    @Test
    void whatAnAgentDoesNotMeasureIsNoSample() throws Exception {
        writer.telemetry(gateway.telemetry(1, "{\"cpu_pct\":50}"));
        writer.telemetry(gateway.telemetry(2, "{\"mem_pct\":40,\"cpu_pct\":null}"));
        assertThat(
                        fixture.row(
                                """
                                select cpu_samples, cpu_max, mem_samples, disk_samples, disk_max
                                from os_gateway_metrics
                                """))
                .containsEntry("cpu_samples", 1)
                .containsEntry("cpu_max", 50.0)
                .containsEntry("mem_samples", 1)
                .containsEntry("disk_samples", 0)
                .containsEntry("disk_max", null);
    }

    @Test
    void aBatchSeenTwiceChangesNothing() throws Exception {
        List<Entry<StreamRecord.OfTelemetry>> batch =
                fixture.entries(
                        List.of(
                                gateway.telemetry(1, 10),
                                gateway.telemetry(1, 10),
                                gateway.telemetry(4, 20)));
        String all =
                """
                select jsonb_build_array(
                    (select jsonb_agg(to_jsonb(s)) from os_gateway_status s),
                    (select jsonb_agg(to_jsonb(m)) from os_gateway_metrics m))::text
                """;
        writer.telemetry.handle(batch);
        String once = fixture.text(all);
        writer.telemetry.handle(batch);
        writer.telemetry.handle(batch.subList(0, 1));

        assertThat(fixture.text(all)).isEqualTo(once);
        assertThat(writer.outcome("telemetry", "written")).isEqualTo(2);
        assertThat(writer.outcome("telemetry", "duplicate")).isEqualTo(5);
    }

    @Test
    void aFrameThatComesLateCountsInItsMinuteAndNotInTheStatus() throws Exception {
        writer.telemetry(gateway.telemetry(7, 50));
        writer.telemetry(gateway.telemetry(3, 90));

        assertThat(fixture.row("select cpu_pct, n from os_gateway_status"))
                .containsEntry("cpu_pct", 50.0)
                .containsEntry("n", 7L);
        assertThat(fixture.row("select cpu_sum, cpu_max, cpu_samples, n from os_gateway_metrics"))
                .containsEntry("cpu_sum", 140.0)
                .containsEntry("cpu_max", 90.0)
                .containsEntry("cpu_samples", 2)
                .containsEntry("n", 7L);
    }

    @Test
    void anOlderSessionNeverReplacesTheStatusOfANewer() throws Exception {
        Gateway newer = gateway.again(200, "boot-a");
        writer.telemetry(newer.telemetry(1, 50));
        writer.telemetry(gateway.telemetry(900, 10));
        assertThat(fixture.row("select cpu_pct, epoch, n from os_gateway_status"))
                .containsEntry("cpu_pct", 50.0)
                .containsEntry("epoch", 200L)
                .containsEntry("n", 1L);
    }

    @Test
    void whatCannotBeStoredArrivesStorableOrIsLeftOut() throws Exception {
        writer.telemetry(
                gateway.telemetry(
                        1,
                        """
                        {"cpu_pct":1e999,"mem_pct":101,"disk_pct":-1,"load1":2,
                         "containers_running":99999999999,
                         "services":{"a\\u0000":"\\ud800"},"note":"\\u0000\\udc00"}
                        """));
        assertThat(
                        fixture.row(
                                """
                                select cpu_pct, mem_pct, disk_pct, load1, containers_running,
                                       services::text as services, payload ->> 'note' as note
                                from os_gateway_status
                                """))
                .containsEntry("cpu_pct", null)
                .containsEntry("mem_pct", null)
                .containsEntry("disk_pct", null)
                .containsEntry("load1", 2.0)
                .containsEntry("containers_running", null)
                .containsEntry("services", "{\"a\uFFFD\": \"\uFFFD\"}")
                .containsEntry("note", "\uFFFD\uFFFD");
        assertThat(fixture.row("select cpu_samples, load_samples from os_gateway_metrics"))
                .containsEntry("cpu_samples", 0)
                .containsEntry("load_samples", 1);
    }

    @Test
    void aTelemetryRecordWithAnotherFrameIsAtFault() {
        StreamRecord.Telemetry wrong =
                new StreamRecord.Telemetry(
                        gateway.agent(), minute, gateway.origin(), gateway.hello().frame());
        assertThatThrownBy(() -> writer.telemetry(wrong))
                .isInstanceOf(BadFrame.class)
                .hasMessageContaining("HELLO");
    }

    @Test
    void aSignOfLifeReachesInventoryAndSessionAboutOnceAMinute() throws Exception {
        String seen =
                """
                select extract(epoch from g.last_seen - ?::timestamptz)::int || ' '
                       || extract(epoch from s.last_heartbeat_at - ?::timestamptz)::int
                from os_gateways g join agent_sessions s using (agent_id)
                """;
        writer.hello(gateway.hello());
        writer.telemetry(gateway.at(minute.plusSeconds(30)).telemetry(1, 1));
        assertThat(fixture.text(seen, minute.toString(), minute.toString())).isEqualTo("0 0");
        writer.telemetry(gateway.at(minute.plusSeconds(60)).telemetry(2, 1));
        assertThat(fixture.text(seen, minute.toString(), minute.toString())).isEqualTo("60 60");
        writer.telemetry(gateway.at(minute.plusSeconds(90)).telemetry(3, 1));
        assertThat(fixture.text(seen, minute.toString(), minute.toString())).isEqualTo("60 60");
    }

    @Test
    void aDayWithoutPartitionCostsTheSeriesNotTheFrame() throws Exception {
        Instant longAgo = minute.minus(Duration.ofDays(60));
        writer.telemetry(gateway.at(longAgo).telemetry(1, 10), gateway.telemetry(2, 20));
        assertThat(fixture.count(MINUTES)).isEqualTo(1);
        assertThat(writer.meters.counter("viw.telemetry.minutes.outside").count()).isEqualTo(1);
        assertThat(fixture.row("select n from os_gateway_status")).containsEntry("n", 2L);
    }

    @Test
    void daysAreMadeAheadAndDroppedAfterTheirTime() {
        fixture.db.execute(
                """
                create table os_gateway_metrics_20200101 partition of os_gateway_metrics
                for values from ('2020-01-01 00:00Z') to ('2020-01-02 00:00Z')
                """);
        fixture.db.execute(
                "drop table os_gateway_metrics_"
                        + fixture.text(
                                """
                                select to_char(now() at time zone 'UTC' + interval '3 days',
                                               'YYYYMMDD')
                                """));
        Upkeep upkeep =
                new Upkeep(
                        writer.sql,
                        writer.connectedness,
                        writer.told,
                        new WriterSettings(
                                "",
                                1,
                                1,
                                Duration.ofSeconds(1),
                                TelemetryFixture.BRIDGE_SILENCE,
                                TelemetryFixture.STREAM_SILENCE,
                                30),
                        writer.meters);
        upkeep.start();
        try {
            await().untilAsserted(() ->
                    assertThat(
                                    fixture.text(
                                            """
                                            select to_regclass('os_gateway_metrics_'
                                                || to_char(now() at time zone 'UTC'
                                                   + interval '3 days', 'YYYYMMDD'))
                                                is not null and
                                                to_regclass('os_gateway_metrics_20200101')
                                                is null
                                            """))
                            .isIn("t", "true"));
        } finally {
            upkeep.stop();
        }
        assertThat(upkeep.isRunning()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select 1 from agent_commands",
                "update agent_commands set state = state",
                "insert into audit_log (who, what, outcome) values ('a', 'b', 'c')",
                "update os_gateways set site = 'x'"
            })
    void theWritersRoleMayNotTouchWhatIsNotItsTask(String statement) {
        assertThatThrownBy(() -> new JdbcTemplate(writer.pool).execute(statement))
                .isInstanceOf(BadSqlGrammarException.class)
                .rootCause()
                .hasMessageContaining("permission denied");
    }
}
