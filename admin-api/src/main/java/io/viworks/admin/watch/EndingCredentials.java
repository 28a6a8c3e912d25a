package io.viworks.admin.watch;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.service.Pulse;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * How many gateways have a credential that will end and that they did not renew. Agents renew at
 * two thirds of its life; who has used up five sixths of it does not. Every replica counts the same
 * rows. Thread-safe.
 */
@Component
final class EndingCredentials {
    private static final Duration LOOK_EVERY = Duration.ofMinutes(1);

    private final JdbcClient jdbc;
    private final AtomicLong connected = new AtomicLong();
    private final AtomicLong away = new AtomicLong();
    private final Pulse pulse;

    EndingCredentials(JdbcClient jdbc, MeterRegistry meters) {
        this.jdbc = jdbc;
        gauge("connected", connected, meters);
        gauge("away", away, meters);
        this.pulse = Pulse.start("ending credentials", LOOK_EVERY, this::look);
    }

    private static void gauge(String gateway, AtomicLong count, MeterRegistry meters) {
        Gauge.builder("viw.credentials.ending", count, AtomicLong::get)
                .tag("gateway", gateway)
                .register(meters);
    }

    /** The newest of each kind is what counts: an older one may end beside it. */
    private void look() {
        jdbc.sql(
                        """
                        with newest as (
                            select distinct on (c.agent_id, c.kind)
                                   c.agent_id, g.status, c.created_at, c.expires_at
                            from agent_credentials c join os_gateways g using (agent_id)
                            where c.status = 'active' and g.status <> 'decommissioned'
                            order by c.agent_id, c.kind, c.expires_at desc nulls first)
                        select count(distinct agent_id) filter (where status = 'connected'),
                               count(distinct agent_id) filter (where status <> 'connected')
                        from newest
                        where expires_at > now()
                          and now() > created_at + (expires_at - created_at) * 5 / 6
                        """)
                .query((row, _) -> {
                    connected.set(row.getLong(1));
                    away.set(row.getLong(2));
                    return true;
                })
                .single();
    }

    @PreDestroy
    void close() {
        pulse.close();
    }
}
