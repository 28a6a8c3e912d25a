package io.viworks.results;

import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.viworks.backplane.Answers;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisAcl;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.delivery.CommandSender;
import io.viworks.backplane.delivery.StreamTime;
import io.viworks.backplane.directory.DirectoryProjection;
import io.viworks.backplane.ownership.Owner;
import io.viworks.backplane.ownership.Owners;
import io.viworks.backplane.stream.CommandEvent;
import io.viworks.backplane.stream.ConsumerLoop;
import io.viworks.backplane.stream.EventAppender;
import io.viworks.backplane.stream.LoopOptions;
import io.viworks.backplane.stream.OlderPending;
import io.viworks.backplane.stream.StreamIds;
import io.viworks.backplane.stream.StreamPages;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamTrim;
import io.viworks.backplane.stream.StreamWriter;
import io.viworks.backplane.stream.Subscription;
import io.viworks.ledger.Accepted;
import io.viworks.ledger.Deadlines;
import io.viworks.ledger.Delivery;
import io.viworks.ledger.Dispatch;
import io.viworks.ledger.Ledger;
import io.viworks.ledger.LedgerLimits;
import io.viworks.ledger.Moves;
import io.viworks.ledger.NewCommand;
import io.viworks.ledger.Traces;
import io.viworks.patience.Patience;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.Redaction;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.protocol.verb.VerbCatalogue;
import io.viworks.service.trace.Tracing;
import io.viworks.testkit.TestPostgres;
import io.viworks.testkit.TestRedis;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * A ledger and streams of a test's own, gateways that speak, and writers that bring them together.
 */
final class ResultsFixture implements AutoCloseable {
    /** The measures of the spec, made short. */
    static final LoopOptions QUICK =
            new LoopOptions(
                    1,
                    50,
                    Duration.ofMillis(100),
                    Duration.ofMillis(1500),
                    Duration.ofMillis(200),
                    Duration.ofMillis(500),
                    Duration.ofMillis(10),
                    Duration.ofMillis(200),
                    3,
                    Duration.ofMillis(100),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(5));

    private static final LedgerLimits LIMITS =
            new LedgerLimits(
                    4,
                    100,
                    Duration.ofMillis(500),
                    Duration.ofSeconds(2),
                    Duration.ofMillis(500),
                    Duration.ofHours(24),
                    Duration.ofMinutes(10));

    final TestRedis redis;
    final TestPostgres.Database database;

    /** As the owner of the database, for looking at it. */
    final JdbcTemplate db;

    private final RedisConnections connections;
    private final StreamWriter stream;
    private final Ledger ledger;
    private final Owners owners;
    private final CommandSender sender;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private LedgerLimits ofWriters =
            new LedgerLimits(
                    LIMITS.maxInflight(),
                    LIMITS.queueMax(),
                    LIMITS.firstPause(),
                    LIMITS.longestPause(),
                    Duration.ofHours(1),
                    LIMITS.outcomeGrace(),
                    LIMITS.outcomeGracePlain());

    ResultsFixture(TestRedis redis, TestPostgres postgres) {
        this.redis = redis;
        this.database = postgres.database();
        this.db = new JdbcTemplate(source(database));
        this.connections = RedisConnections.open(redis.url(), "bridge");
        this.stream = new StreamWriter(connections, new SimpleMeterRegistry());
        this.owners = new Owners(connections);
        this.sender = new CommandSender(connections);
        DriverManagerDataSource admin = source(database.as("admin_api"));
        this.ledger =
                new Ledger(
                        new JdbcTemplate(admin),
                        new TransactionTemplate(new DataSourceTransactionManager(admin)),
                        LIMITS);
        redis.command(
                "ACL SETUSER "
                        + RedisAcl.Service.RESULTS_WRITER.user()
                        + " "
                        + String.join(
                                " ", RedisAcl.rules(RedisAcl.Service.RESULTS_WRITER, "secret")));
        await().atMost(Duration.ofSeconds(30)).until(connections::connected);
        if (Answers.await(new DirectoryProjection(connections).projectAll(List.of())).isEmpty()) {
            throw new IllegalStateException("the directory was not projected");
        }
    }

    static ResultsFixture onShared() {
        return new ResultsFixture(TestRedis.shared(), TestPostgres.shared());
    }

    private static DriverManagerDataSource source(TestPostgres.Database database) {
        return new DriverManagerDataSource(database.url(), database.user(), database.password());
    }

    /** One results-writer: its logins, its handlers, its meters. */
    final class Writer implements AutoCloseable {
        final MeterRegistry meters = new SimpleMeterRegistry();
        final Sweep sweep;
        final ConsumerLoop<StreamRecord.OfResults> loop;
        private final ConsumerLoop<StreamRecord.OfHello> hints;
        private final HikariDataSource pool;
        private final RedisConnections mine;

        Writer(String consumer, String jdbcUrl) {
            TestPostgres.Database login = database.as("results_writer");
            HikariConfig config = new HikariConfig();
            config.setJdbcUrl(jdbcUrl);
            config.setUsername(login.user());
            config.setPassword(login.password());
            config.setMaximumPoolSize(4);
            // Soon, where a test lets Postgres be away; else a busy machine is no outage.
            Duration longest =
                    jdbcUrl.equals(database.url()) ? Patience.LONGEST : Duration.ofSeconds(1);
            String seconds = String.valueOf(longest.toSeconds());
            config.setConnectionTimeout(longest.toMillis());
            config.setValidationTimeout(500);
            config.setInitializationFailTimeout(-1);
            config.addDataSourceProperty("connectTimeout", seconds);
            config.addDataSourceProperty("socketTimeout", String.valueOf(2 + longest.toSeconds()));
            pool = new HikariDataSource(config);
            mine =
                    RedisConnections.open(
                            "redis://results-writer:secret@127.0.0.1:" + redis.port(), consumer);
            JdbcClient jdbc = JdbcClient.create(pool);
            TransactionTemplate transaction =
                    new TransactionTemplate(new DataSourceTransactionManager(pool));
            Dispatch dispatch = new Dispatch(jdbc, transaction, ofWriters);
            StreamTime streamTime = new StreamTime(mine);
            Owners found = new Owners(mine);
            Sender out =
                    new Sender(
                            dispatch,
                            found,
                            new CommandSender(mine),
                            streamTime,
                            Tracing.off(),
                            meters);
            MoveEvents moveEvents =
                    new MoveEvents(
                            new EventAppender(mine, Clock.systemUTC(), meters), Clock.systemUTC());
            Subscription<StreamRecord.OfResults> results =
                    new Subscription<>(
                            Keys.COMMAND_RESULTS,
                            Keys.GROUP_RESULTS_WRITER,
                            consumer,
                            StreamRecord.OfResults.class);
            ResultsBatch batch =
                    new ResultsBatch(
                            new Moves(
                                    new JdbcTemplate(pool),
                                    transaction,
                                    ofWriters,
                                    VerbCatalogue.standard()),
                            new Reading(new FrameCodec(), new Redaction()),
                            out,
                            new OlderPending(mine, results),
                            moveEvents,
                            new LedgerSteps(Tracing.off(), new Traces(jdbc)),
                            Clock.systemUTC(),
                            meters);
            loop = new ConsumerLoop<>(mine, results, batch, batch, QUICK, meters);
            hints =
                    new ConsumerLoop<>(
                            mine,
                            new Subscription<>(
                                    Keys.AGENT_HELLO,
                                    Keys.GROUP_RESULTS_WRITER,
                                    consumer,
                                    StreamRecord.OfHello.class),
                            new HelloHints(dispatch, out),
                            _ -> {},
                            QUICK,
                            meters);
            sweep =
                    new Sweep(
                            dispatch,
                            new Deadlines(jdbc, transaction),
                            out,
                            found,
                            streamTime,
                            new StreamTrim(mine),
                            moveEvents,
                            meters);
        }

        Writer start() {
            loop.start();
            hints.start();
            return this;
        }

        double records(String outcome) {
            return meters.counter("viw.results.records", "outcome", outcome).count();
        }

        double setAside() {
            return meters.counter(
                            "viw.stream.records",
                            "stream",
                            Keys.COMMAND_RESULTS,
                            "group",
                            Keys.GROUP_RESULTS_WRITER,
                            "outcome",
                            "set_aside")
                    .count();
        }

        @Override
        public void close() {
            loop.close();
            hints.close();
            mine.close();
            pool.close();
        }
    }

    /**
     * Lets writers made from here on send copies again that are silent for half a second. Others do
     * not: that passes by itself on a busy machine, between a command and its ACK, or before a
     * session's HELLO is read.
     */
    void copiesAreSoonSilent() {
        ofWriters = LIMITS;
    }

    /** A writer that does not read yet. */
    Writer writer(String consumer, String jdbcUrl) {
        Writer writer = new Writer(consumer, jdbcUrl);
        open.push(writer);
        return writer;
    }

    /** A writer that reads. */
    Writer start(String consumer) {
        return writer(consumer, database.url()).start();
    }

    /** A gateway whose agent keeps a journal, in a session, taking what is sent to it. */
    Gateway gateway(String agent) {
        return gateway(agent, new InstanceUid(UUID.randomUUID()));
    }

    Gateway gateway(String agent, @Nullable InstanceUid instance) {
        Gateway gateway = new Gateway(agent, instance, connections, stream);
        open.push(gateway);
        return gateway.listen().claim();
    }

    /** Accepts a command as admin-api does, and sends it when it was claimed. */
    CorrelationId command(String agent) {
        return command(agent, Delivery.QUEUE);
    }

    CorrelationId command(String agent, Delivery delivery) {
        CorrelationId id = new CorrelationId(UUID.randomUUID());
        Instant now = Instant.now();
        AgentId to = AgentId.of(agent);
        Owner owner = Answers.await(owners.find(to)).orElse(null);
        Accepted accepted =
                ledger.accept(
                        new NewCommand(
                                id,
                                to,
                                "echo",
                                "{}",
                                new StreamRecord.Payload.Clear(Bytes.utf8("{}"), null),
                                null,
                                delivery,
                                null,
                                Bytes.utf8("hash"),
                                null,
                                "operator",
                                "192.0.2.7",
                                now,
                                now.plusSeconds(60),
                                30),
                        owner);
        switch (accepted) {
            case Accepted.Claimed claimed when owner != null -> {
                String _ = Answers.await(sender.send(owner.bridgeId(), claimed.record()));
            }
            case Accepted.Waiting _ -> {}
            default -> throw new IllegalStateException("not accepted: " + accepted);
        }
        return id;
    }

    /** A record somebody wrote by hand. */
    static StreamRecord.HandMade handMade(Gateway gateway) {
        return new StreamRecord.HandMade(
                gateway.agent,
                Instant.now(),
                new CorrelationId(UUID.randomUUID()),
                "echo",
                "{}",
                Instant.now().plusSeconds(60));
    }

    /** What a bridge makes of it. */
    static Bytes envelope(StreamRecord.HandMade made) {
        return Bytes.utf8(
                """
                {"correlation_id":"%s","agent_id":"%s","verb":"echo","args":{},\
                "issued_at":"%s","expires_at":"%s","nonce":"%s","timeout_s":30,\
                "issued_by":"stream"}\
                """
                        .formatted(
                                made.correlationId(),
                                made.agentId(),
                                made.ts(),
                                made.expiresAt(),
                                UUID.randomUUID()));
    }

    /** The states that were told of a command, with the attempt they came by. */
    List<String> told(CorrelationId id) {
        List<String> states = new ArrayList<>();
        Answers.await(
                        new StreamPages<>(connections, Keys.EVENTS, StreamRecord.OfEvents.class)
                                .after(StreamIds.FIRST, "+", 1_000))
                .entries()
                .forEach(entry -> {
                    if (entry.record() instanceof CommandEvent event
                            && event.correlationId().equals(id)) {
                        states.add(
                                event.state()
                                        + " "
                                        + event.attempt()
                                        + (event.endedBy() == null ? "" : " " + event.endedBy()));
                    }
                });
        return states;
    }

    String state(CorrelationId id) {
        return column(id, "state");
    }

    String column(CorrelationId id, String name) {
        List<@Nullable String> values =
                db.queryForList(
                        "select %s::text from agent_commands where correlation_id = ?"
                                .formatted(name),
                        String.class,
                        id.value());
        return values.isEmpty() ? "no row" : String.valueOf(values.getFirst());
    }

    long count(String query) {
        Long count = db.queryForObject(query, Long.class);
        return count == null ? -1 : count;
    }

    List<@Nullable String> alarms() {
        return db.queryForList("select type from agent_events order by id", String.class);
    }

    @Override
    public void close() {
        open.forEach(closeable -> {
            try {
                closeable.close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        connections.close();
        redis.flush();
    }
}
