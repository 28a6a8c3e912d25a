package io.viworks.telemetry;

import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.stream.ConsumerLoop;
import io.viworks.backplane.stream.EventAppender;
import io.viworks.backplane.stream.LoopOptions;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.Subscription;
import io.viworks.protocol.frame.FrameCodec;
import java.time.Clock;
import java.util.UUID;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The two streams this process reads, and what handles them. */
@Configuration(proxyBeanMethods = false)
class Loops {
    /** A consumer of its own for every process life: what a dead one left is taken over. */
    private final String consumer = "telemetry-writer-" + UUID.randomUUID();

    @Bean(destroyMethod = "close")
    RedisConnections redis(WriterSettings settings) {
        return RedisConnections.open(settings.redisUrl(), "telemetry-writer");
    }

    @Bean
    Sql sql(JdbcTemplate jdbc, PlatformTransactionManager transactions) {
        return new Sql(jdbc, new TransactionTemplate(transactions));
    }

    @Bean
    FrameCodec codec(MeterRegistry meters) {
        return new FrameCodec((type, field) ->
                meters.counter("viw.telemetry.values.dropped", "type", type).increment());
    }

    @Bean
    Connectedness connectedness(Sql sql, WriterSettings settings) {
        return new Connectedness(sql, settings.bridgeSilence(), settings.streamSilence());
    }

    @Bean(destroyMethod = "close")
    EventAppender eventAppender(RedisConnections redis, MeterRegistry meters) {
        return new EventAppender(redis, Clock.systemUTC(), meters);
    }

    @Bean
    GatewayEvents gatewayEvents(EventAppender appender) {
        return new GatewayEvents(appender, Clock.systemUTC());
    }

    @Bean(initMethod = "start", destroyMethod = "close")
    ConsumerLoop<StreamRecord.OfHello> helloLoop(
            RedisConnections redis,
            Sql sql,
            FrameCodec codec,
            Connectedness connectedness,
            GatewayEvents events,
            WriterSettings settings,
            MeterRegistry meters) {
        return new ConsumerLoop<>(
                redis,
                new Subscription<>(
                        Keys.AGENT_HELLO,
                        Keys.GROUP_TELEMETRY_WRITER,
                        consumer,
                        StreamRecord.OfHello.class),
                new HelloBatch(sql, codec, connectedness, events, meters),
                _ -> {},
                LoopOptions.standard().withBatch(settings.batch()),
                meters);
    }

    @Bean(destroyMethod = "close")
    FleetFigures fleetFigures(Sql sql, MeterRegistry meters) {
        return FleetFigures.watch(sql, meters);
    }

    @Bean(initMethod = "start", destroyMethod = "close")
    ConsumerLoop<StreamRecord.OfTelemetry> telemetryLoop(
            RedisConnections redis,
            Sql sql,
            FrameCodec codec,
            WriterSettings settings,
            MeterRegistry meters) {
        return new ConsumerLoop<>(
                redis,
                new Subscription<>(
                        Keys.TELEMETRY,
                        Keys.GROUP_TELEMETRY_WRITER,
                        consumer,
                        StreamRecord.OfTelemetry.class),
                new TelemetryBatch(sql, codec, Clock.systemUTC(), meters),
                _ -> {},
                LoopOptions.standard().withLanes(settings.lanes()).withBatch(settings.batch()),
                meters);
    }
}
