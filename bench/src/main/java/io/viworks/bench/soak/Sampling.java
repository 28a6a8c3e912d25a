package io.viworks.bench.soak;

import io.viworks.bench.ChildJvm;
import io.viworks.bench.Resp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Looks at what may not grow. For one thread. */
final class Sampling implements AutoCloseable {
    static final List<String> STREAMS =
            List.of(
                    "viw.agent_hello",
                    "viw.telemetry",
                    "viw.commands",
                    "viw.command_results",
                    "viw.command_output",
                    "viw.events");

    private static final Pattern THREADS = Pattern.compile("(?m)^Threads:\\s+([0-9]+)");
    private static final Pattern USED = Pattern.compile("(?m)^used_memory:([0-9]+)");
    private static final double MIB = 1 << 20;

    private final SoakStack stack;
    private final Resp redis;
    private final Connection postgres;

    Sampling(SoakStack stack) throws IOException, SQLException {
        this.stack = stack;
        this.redis = new Resp(stack.stores().redisUrl());
        this.postgres = stack.stores().connect();
    }

    /** Every figure by its name, now. */
    Map<String, Double> now() throws IOException, SQLException {
        Map<String, Double> figures = new LinkedHashMap<>();
        for (Map.Entry<String, ChildJvm> service : stack.services().entrySet()) {
            process(service.getKey(), service.getValue(), figures);
        }
        redis(figures);
        tables(figures);
        return figures;
    }

    private static void process(String name, ChildJvm jvm, Map<String, Double> figures)
            throws IOException {
        figures.put(name + " RSS, MiB", jvm.rss() / MIB);
        figures.put(name + " heap after GC, MiB", jvm.liveHeap() / MIB);
        Path proc = Path.of("/proc/" + jvm.pid());
        Matcher threads = THREADS.matcher(Files.readString(proc.resolve("status")));
        figures.put(name + " threads", threads.find() ? Double.parseDouble(threads.group(1)) : 0.0);
        try (Stream<Path> open = Files.list(proc.resolve("fd"))) {
            figures.put(name + " descriptors", (double) open.count());
        }
    }

    private void redis(Map<String, Double> figures) throws IOException {
        Matcher used = USED.matcher(String.valueOf(redis.ask("INFO", "memory")));
        double all = used.find() ? Double.parseDouble(used.group(1)) / MIB : 0;
        double streams = 0;
        for (String stream : STREAMS) {
            if (redis.ask("MEMORY", "USAGE", stream, "SAMPLES", "50") instanceof Long bytes) {
                streams += bytes / MIB;
            }
            if (redis.ask("XLEN", stream) instanceof Long length) {
                figures.put("Redis " + stream + ", records", (double) length);
            }
        }
        figures.put("Redis used, MiB", all);
        figures.put("Redis beside its streams, MiB", all - streams);
    }

    private void tables(Map<String, Double> figures) throws SQLException {
        try (Statement statement = postgres.createStatement();
                ResultSet rows =
                        statement.executeQuery(
                                """
                                select regexp_replace(relname, '_p?[0-9_]+$', ''),
                                       sum(pg_total_relation_size(relid)),
                                       sum(n_live_tup), sum(n_dead_tup)
                                from pg_stat_user_tables where schemaname = 'public'
                                group by 1 having sum(pg_total_relation_size(relid)) > 500000
                                order by 1\
                                """)) {
            while (rows.next()) {
                String name = "Postgres " + rows.getString(1);
                figures.put(name + ", MiB", rows.getDouble(2) / MIB);
                figures.put(name + ", live rows", rows.getDouble(3));
                figures.put(name + ", dead rows", rows.getDouble(4));
            }
        }
    }

    /** The number that a query gives. */
    long count(String query) throws SQLException {
        try (Statement statement = postgres.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }

    @Override
    public void close() throws IOException {
        redis.close();
        try {
            postgres.close();
        } catch (SQLException e) {
            throw new IOException(e);
        }
    }
}
