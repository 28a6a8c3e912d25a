package io.viworks.results;

import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.delivery.CommandSender;
import io.viworks.backplane.delivery.StreamTime;
import io.viworks.backplane.ownership.Owners;
import io.viworks.backplane.stream.ConsumerLoop;
import io.viworks.backplane.stream.EventAppender;
import io.viworks.backplane.stream.LoopOptions;
import io.viworks.backplane.stream.OlderPending;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamTrim;
import io.viworks.backplane.stream.Subscription;
import io.viworks.ledger.Deadlines;
import io.viworks.ledger.Dispatch;
import io.viworks.ledger.Moves;
import io.viworks.ledger.Traces;
import io.viworks.protocol.Redaction;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.protocol.verb.VerbCatalogue;
import io.viworks.service.Pulse;
import io.viworks.service.TracingSettings;
import io.viworks.service.trace.Tracing;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The parts of this process: two loops, a sweep and a trim. */
@Configuration(proxyBeanMethods = false)
class Wiring {
    private static final Duration TRIM_EVERY = Duration.ofSeconds(10);

    /** A consumer of its own for every process life: what a dead one left is taken over. */
    private final String consumer = "results-writer-" + UUID.randomUUID();

    @Bean(destroyMethod = "close")
    RedisConnections redis(ResultsSettings settings) {
        return RedisConnections.open(settings.redisUrl(), "results-writer");
    }

    @Bean
    TransactionTemplate transaction(PlatformTransactionManager transactions) {
        return new TransactionTemplate(transactions);
    }

    @Bean
    Dispatch dispatch(JdbcClient jdbc, TransactionTemplate transaction, ResultsSettings settings) {
        return new Dispatch(jdbc, transaction, settings.limits());
    }

    @Bean(destroyMethod = "close")
    Tracing tracing(TracingSettings settings) {
        return settings.open();
    }

    @Bean
    Sender sender(
            Dispatch dispatch, RedisConnections redis, Tracing tracing, MeterRegistry meters) {
        return new Sender(
                dispatch,
                new Owners(redis),
                new CommandSender(redis),
                new StreamTime(redis),
                tracing,
                meters);
    }

    @Bean(destroyMethod = "close")
    EventAppender eventAppender(RedisConnections redis, MeterRegistry meters) {
        return new EventAppender(redis, Clock.systemUTC(), meters);
    }

    @Bean
    MoveEvents moveEvents(EventAppender appender) {
        return new MoveEvents(appender, Clock.systemUTC());
    }

    @Bean(initMethod = "start", destroyMethod = "close")
    ConsumerLoop<StreamRecord.OfResults> resultsLoop(
            RedisConnections redis,
            JdbcOperations operations,
            JdbcClient jdbc,
            TransactionTemplate transaction,
            Sender sender,
            MoveEvents moveEvents,
            Tracing tracing,
            ResultsSettings settings,
            MeterRegistry meters) {
        Subscription<StreamRecord.OfResults> subscription =
                new Subscription<>(
                        Keys.COMMAND_RESULTS,
                        Keys.GROUP_RESULTS_WRITER,
                        consumer,
                        StreamRecord.OfResults.class);
        FrameCodec codec =
                new FrameCodec((type, field) ->
                        meters.counter("viw.results.values.dropped", "type", type).increment());
        ResultsBatch batch =
                new ResultsBatch(
                        new Moves(
                                operations,
                                transaction,
                                settings.limits(),
                                VerbCatalogue.standard()),
                        new Reading(codec, new Redaction()),
                        sender,
                        new OlderPending(redis, subscription),
                        moveEvents,
                        new LedgerSteps(tracing, new Traces(jdbc)),
                        Clock.systemUTC(),
                        meters);
        return new ConsumerLoop<>(
                redis,
                subscription,
                batch,
                batch,
                LoopOptions.standard().withLanes(settings.lanes()).withBatch(settings.batch()),
                meters);
    }

    @Bean(initMethod = "start", destroyMethod = "close")
    ConsumerLoop<StreamRecord.OfHello> helloLoop(
            RedisConnections redis,
            Dispatch dispatch,
            Sender sender,
            ResultsSettings settings,
            MeterRegistry meters) {
        return new ConsumerLoop<>(
                redis,
                new Subscription<>(
                        Keys.AGENT_HELLO,
                        Keys.GROUP_RESULTS_WRITER,
                        consumer,
                        StreamRecord.OfHello.class),
                new HelloHints(dispatch, sender),
                _ -> {},
                LoopOptions.standard().withBatch(settings.batch()),
                meters);
    }

    @Bean
    Sweep sweep(
            Dispatch dispatch,
            JdbcClient jdbc,
            TransactionTemplate transaction,
            Sender sender,
            RedisConnections redis,
            MoveEvents moveEvents,
            MeterRegistry meters) {
        return new Sweep(
                dispatch,
                new Deadlines(jdbc, transaction),
                sender,
                new Owners(redis),
                new StreamTime(redis),
                new StreamTrim(redis),
                moveEvents,
                meters);
    }

    @Bean(destroyMethod = "close")
    OpenCommands openCommands(JdbcClient jdbc, MeterRegistry meters) {
        return OpenCommands.watch(jdbc, meters);
    }

    @Bean(destroyMethod = "close")
    Pulse sweeping(Sweep sweep, ResultsSettings settings) {
        return Pulse.start("sweep", settings.sweepEvery(), sweep::look);
    }

    @Bean(destroyMethod = "close")
    Pulse trimming(Sweep sweep) {
        return Pulse.start("trim", TRIM_EVERY, sweep::trim);
    }
}
