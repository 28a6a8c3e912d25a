package io.viworks.telemetry;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.viworks.backplane.Answers;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisAcl;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.stream.BatchHandler;
import io.viworks.backplane.stream.ConsumerLoop;
import io.viworks.backplane.stream.Entry;
import io.viworks.backplane.stream.EventAppender;
import io.viworks.backplane.stream.GatewayEvent;
import io.viworks.backplane.stream.LoopOptions;
import io.viworks.backplane.stream.StreamIds;
import io.viworks.backplane.stream.StreamPages;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamWriter;
import io.viworks.backplane.stream.Subscription;
import io.viworks.patience.Patience;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.testkit.TestPostgres;
import io.viworks.testkit.TestRedis;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.support.TransactionTemplate;

/** A database and streams of a test's own, and writers that bring the one into the other. */
final class TelemetryFixture implements AutoCloseable {
    static final Duration BRIDGE_SILENCE = Duration.ofSeconds(25);
    static final Duration STREAM_SILENCE = Duration.ofSeconds(30);

    /** How long a loop that does not end by itself is waited for. */
    static final Duration CLOSE_WAIT = Duration.ofMinutes(1);

    /** The measures of the spec, made short. */
    private static final LoopOptions QUICK =
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
                    CLOSE_WAIT);

    final TestRedis redis;
    final TestPostgres.Database database;

    /** As the owner of the database, for looking at it. */
    final JdbcTemplate db;

    private final RedisConnections bridge;
    private final StreamWriter stream;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private long lastId;

    TelemetryFixture(TestRedis redis, TestPostgres postgres) {
        this.redis = redis;
        this.database = postgres.database();
        this.db =
                new JdbcTemplate(
                        new DriverManagerDataSource(
                                database.url(), database.user(), database.password()));
        this.bridge = RedisConnections.open(redis.url(), "bridge");
        this.stream = new StreamWriter(bridge, new SimpleMeterRegistry());
        String user = RedisAcl.Service.TELEMETRY_WRITER.user();
        redis.command(
                "ACL SETUSER "
                        + user
                        + " "
                        + String.join(
                                " ", RedisAcl.rules(RedisAcl.Service.TELEMETRY_WRITER, "secret")));
    }

    static TelemetryFixture onShared() {
        return new TelemetryFixture(TestRedis.shared(), TestPostgres.shared());
    }

    /** One telemetry-writer: its login at Postgres, its handlers, its meters. */
    final class Writer implements AutoCloseable {
        final MeterRegistry meters = new SimpleMeterRegistry();
        final HikariDataSource pool;
        final Sql sql;
        final Connectedness connectedness;
        final GatewayEvents told;
        final HelloBatch hello;
        final TelemetryBatch telemetry;
        final List<ConsumerLoop<?>> loops = new ArrayList<>();
        private @Nullable RedisConnections connections;

        Writer(String jdbcUrl) {
            TestPostgres.Database login = database.as("telemetry_writer");
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
            sql =
                    new Sql(
                            new JdbcTemplate(pool),
                            new TransactionTemplate(new DataSourceTransactionManager(pool)));
            connectedness = new Connectedness(sql, BRIDGE_SILENCE, STREAM_SILENCE);
            FrameCodec codec = new FrameCodec();
            told =
                    new GatewayEvents(
                            new EventAppender(bridge, Clock.systemUTC(), meters),
                            Clock.systemUTC());
            hello = new HelloBatch(sql, codec, connectedness, told, meters);
            telemetry = new TelemetryBatch(sql, codec, Clock.systemUTC(), meters);
        }

        /** Starts to read both streams, as the Redis user of the service. */
        Writer start(String consumer, int redisPort) {
            RedisConnections mine =
                    RedisConnections.open(
                            "redis://telemetry-writer:secret@127.0.0.1:" + redisPort, consumer);
            connections = mine;
            loops.add(loop(mine, Keys.AGENT_HELLO, consumer, StreamRecord.OfHello.class, hello));
            loops.add(
                    loop(
                            mine,
                            Keys.TELEMETRY,
                            consumer,
                            StreamRecord.OfTelemetry.class,
                            telemetry));
            return this;
        }

        private <R extends StreamRecord> ConsumerLoop<R> loop(
                RedisConnections mine,
                String from,
                String consumer,
                Class<R> type,
                BatchHandler<R> handler) {
            ConsumerLoop<R> loop =
                    new ConsumerLoop<>(
                            mine,
                            new Subscription<>(from, Keys.GROUP_TELEMETRY_WRITER, consumer, type),
                            handler,
                            _ -> {},
                            QUICK,
                            meters);
            loop.start();
            return loop;
        }

        /** Gives the handler one batch of hello, each record with an id of its own. */
        void hello(StreamRecord.OfHello... records) throws Exception {
            hello.handle(entries(List.of(records)));
        }

        void telemetry(StreamRecord.OfTelemetry... records) throws Exception {
            telemetry.handle(entries(List.of(records)));
        }

        /** What became of the records of {@code agent_hello} or {@code telemetry}. */
        double outcome(String of, String outcome) {
            return Outcomes.counter(meters, of, outcome).count();
        }

        double loopCount(String of, String outcome) {
            return meters.counter(
                            "viw.stream.records",
                            "stream",
                            of,
                            "group",
                            Keys.GROUP_TELEMETRY_WRITER,
                            "outcome",
                            outcome)
                    .count();
        }

        @Override
        public void close() {
            loops.forEach(ConsumerLoop::close);
            RedisConnections mine = connections;
            if (mine != null) {
                mine.close();
            }
            pool.close();
        }
    }

    /** A writer whose handlers the test calls itself. */
    Writer writer() {
        return writer(database.url());
    }

    Writer writer(String jdbcUrl) {
        Writer writer = new Writer(jdbcUrl);
        open.push(writer);
        return writer;
    }

    /** A writer that reads the streams. */
    Writer start(String consumer) {
        return writer().start(consumer, redis.port());
    }

    /** These records as they would be read now. */
    <R extends StreamRecord> List<Entry<R>> entries(List<R> records) {
        return records.stream().map(record -> entry(Instant.now(), record)).toList();
    }

    /** A record as it would be read when Redis had written it then. */
    <R extends StreamRecord> Entry<R> entry(Instant at, R record) {
        return new Entry<>(at.toEpochMilli() + "-" + lastId++, record);
    }

    /** Appends to the stream where the record belongs. */
    void append(StreamRecord record) {
        String name = record instanceof StreamRecord.OfHello ? Keys.AGENT_HELLO : Keys.TELEMETRY;
        String id = Answers.await(stream.append(name, record));
        if (id.isEmpty()) {
            throw new IllegalStateException("no id");
        }
    }

    Map<String, @Nullable Object> row(String query, Object... parameters) {
        return db.queryForMap(query, parameters);
    }

    String text(String query, Object... parameters) {
        return String.valueOf(db.queryForObject(query, String.class, parameters));
    }

    long count(String query, Object... parameters) {
        Long count = db.queryForObject(query, Long.class, parameters);
        return count == null ? -1 : count;
    }

    /** What stands on the stream of events, as {@code agent what}. */
    List<String> told() {
        return Answers.await(
                        new StreamPages<>(bridge, Keys.EVENTS, StreamRecord.OfEvents.class)
                                .after(StreamIds.FIRST, "+", 1_000))
                .entries()
                .stream()
                .map(entry -> (GatewayEvent) entry.record())
                .map(event -> event.agentId() + " " + event.what())
                .toList();
    }

    String statusOf(Gateway gateway) {
        return text("select status from os_gateways where agent_id = ?", gateway.id());
    }

    List<String> events() {
        List<String> types = new ArrayList<>();
        db.query(
                "select type from agent_events order by id",
                row -> {
                    types.add(row.getString(1));
                });
        return types;
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
        bridge.close();
    }
}
