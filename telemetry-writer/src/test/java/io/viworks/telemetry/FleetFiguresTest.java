package io.viworks.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

/** What is said of the whole fleet, asked with the rights of the service. */
class FleetFiguresTest {
    @Test
    void countsStatesClonesAndThoseThatReportNothing() {
        try (TelemetryFixture fixture = TelemetryFixture.onShared();
                TelemetryFixture.Writer writer = fixture.new Writer(fixture.database.url())) {
            fixture.db.execute(
                    """
                    insert into os_gateways (agent_id, status, clone_suspected) values
                        ('speaks', 'connected', false), ('quiet', 'connected', false),
                        ('never', 'connected', false), ('back', 'connected', false),
                        ('gone', 'disconnected', true), ('old', 'decommissioned', true);
                    insert into os_gateway_status (agent_id, reported_at, epoch, n) values
                        ('speaks', now(), 1, 1), ('quiet', now() - interval '6 min', 1, 1),
                        ('back', now() - interval '1 day', 1, 1);
                    insert into agent_sessions
                        (session_id, agent_id, bridge_id, conn_id, epoch, connected_at)
                    select gen_random_uuid(), agent, gen_random_uuid(), gen_random_uuid(), epoch, at
                    from (values ('speaks', 1, now() - interval '1 hour'),
                                 ('quiet', 1, now() - interval '1 hour'),
                                 ('never', 1, now() - interval '1 hour'),
                                 ('back', 1, now() - interval '2 days'),
                                 ('back', 2, now() - interval '1 min')) s(agent, epoch, at)
                    """);
            MeterRegistry meters = new SimpleMeterRegistry();
            try (FleetFigures figures = new FleetFigures(writer.sql, meters)) {
                figures.look();
            }
            assertThat(gateways(meters, "connected")).isEqualTo(4);
            assertThat(gateways(meters, "disconnected")).isEqualTo(1);
            assertThat(gateways(meters, "decommissioned")).isEqualTo(1);
            assertThat(meters.get("viw.gateways.quiet").gauge().value()).isEqualTo(2);
            assertThat(meters.get("viw.gateways.clones.suspected").gauge().value()).isEqualTo(1);
            assertThat(meters.get("viw.database.bytes").gauge().value()).isGreaterThan(1_000_000);
        }
    }

    private static double gateways(MeterRegistry meters, String status) {
        return meters.get("viw.gateways").tag("status", status).gauge().value();
    }
}
