package io.viworks.bench.lists;

import io.viworks.bench.AdminApi;
import io.viworks.bench.Alternation;
import io.viworks.bench.BareHttp;
import io.viworks.bench.ChildJvm;
import io.viworks.bench.KeptHttp;
import io.viworks.bench.Options;
import io.viworks.bench.Scenario;
import io.viworks.bench.Stores;
import io.viworks.bench.Timings;
import io.viworks.embedded.FreePort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Measures what an admin panel asks of a large fleet against the bare SQL for the same rows. */
public final class Lists implements Scenario {
    private static final int WARM_UP = 20_000;
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private static final String STORELESS = "/signing-keys";

    /** Bytes of an answer with 50 gateways, about. */
    private static final int A_PAGE = 20 * 1024;

    @Override
    public String name() {
        return "lists";
    }

    @Override
    public String about() {
        return "lists of gateways and commands against the bare SQL"
                + " (--gateways 100000 --commands 1000000 --rounds 5 --runs 100)";
    }

    @Override
    public String measure(Options options) throws Exception {
        options.only("gateways", "commands", "rounds", "runs");
        int gateways = options.number("gateways", 100_000, 5_000, 1_000_000);
        int commands = options.number("commands", 1_000_000, 10_000, 20_000_000);
        Alternation turns =
                new Alternation(
                        options.number("rounds", 5, 3, 50), options.number("runs", 100, 1, 10_000));
        Path checkout = Path.of(System.getProperty("viw.checkout", "."));
        Path folder = Files.createTempDirectory("viw-bench");
        try (Stores stores = Stores.start(folder, Map.of("shared_buffers", "512MB"))) {
            say("seeding " + gateways + " gateways and " + commands + " commands");
            for (String file : new String[] {"fleet", "series", "ledger"}) {
                stores.run(
                        checkout.resolve("bench/sql/" + file + ".sql"),
                        Map.of("viw.gateways", gateways, "viw.commands", commands));
            }
            try (AdminApi api = AdminApi.start(checkout, folder, stores);
                    KeptHttp caller = api.connect();
                    Connection connection = stores.connect()) {
                return measured(turns, caller, connection)
                        + storeless(turns, caller)
                        + alone(folder, turns);
            }
        }
    }

    /** What a request costs of which admin-api asks no store: token, rights, routing, JSON. */
    private static String storeless(Alternation turns, KeptHttp caller) throws Exception {
        Timings.Work ask = () -> caller.get(AdminApi.target(STORELESS));
        var _ = Timings.of(WARM_UP / 4, ask);
        Timings asked = Timings.of(turns.rounds() * turns.runs(), ask);
        return "%nThe same API asked for what is in no store (`GET %s`): p50 %s ms, p99 %s ms.%n"
                .formatted(
                        STORELESS,
                        Alternation.Outcome.millis(asked.quantile(0.5)),
                        Alternation.Outcome.millis(asked.quantile(0.99)));
    }

    /** What HTTP costs by itself, which no list can be faster than. */
    private static String alone(Path folder, Alternation turns) throws Exception {
        int port = FreePort.or(0);
        try (ChildJvm _ =
                        ChildJvm.main(
                                        BareHttp.class,
                                        List.of("-Xmx64m"),
                                        List.of(
                                                Integer.toString(port),
                                                Integer.toString(A_PAGE),
                                                Integer.toString(A_PAGE)),
                                        folder.resolve("bare-http.log"),
                                        false)
                                .awaitPort(port, PATIENCE);
                KeptHttp caller = new KeptHttp(port, "")) {
            var _ = Timings.of(WARM_UP, () -> caller.get("/"));
            Timings asked = Timings.of(turns.rounds() * turns.runs(), () -> caller.get("/"));
            return "%nA server that does nothing, asked in the same way for a page of %d KB: p50 %s ms, p99 %s ms.%n"
                    .formatted(
                            A_PAGE / 1024,
                            Alternation.Outcome.millis(asked.quantile(0.5)),
                            Alternation.Outcome.millis(asked.quantile(0.99)));
        }
    }

    private static String measured(Alternation turns, KeptHttp caller, Connection connection)
            throws Exception {
        StringBuilder table = new StringBuilder();
        StringBuilder plans = new StringBuilder();
        table.append(
                "%s gateways, %s commands (%s), Postgres %s; %d rounds of %d, one caller; milliseconds.%n%n"
                        .formatted(
                                BareSql.value(connection, "select count(*) from os_gateways"),
                                BareSql.value(connection, "select count(*) from agent_commands"),
                                BareSql.value(
                                        connection,
                                        "select pg_size_pretty(pg_total_relation_size('agent_commands'))"),
                                BareSql.value(connection, "show server_version"),
                                turns.rounds(),
                                turns.runs()));
        table.append("| asked | SQL p50 | API p50 | API p99 | ratio (least–most) |\n");
        table.append("|---|---|---|---|---|\n");
        List<Question> questions = Questions.of(connection);
        warm(caller, questions);
        for (Question question : questions) {
            say(question.path());
            try (BareSql floor = new BareSql(connection, question)) {
                Alternation.Outcome outcome = turns.time(floor::read, () -> ask(caller, question));
                table.append(
                        "| %s | %s | %s | %s | %.2f (%.2f–%.2f) |%n"
                                .formatted(
                                        question.about(),
                                        Alternation.Outcome.millis(outcome.floor()),
                                        Alternation.Outcome.millis(outcome.subject()),
                                        Alternation.Outcome.millis(outcome.subject99()),
                                        outcome.ratio(),
                                        outcome.least(),
                                        outcome.most()));
            }
            plans.append("%n-- %s%n".formatted(question.about()));
            BareSql.plan(connection, question)
                    .forEach(line -> plans.append(line).append(System.lineSeparator()));
        }
        return table
                + "\n<details><summary>How Postgres finds them (explain analyze)</summary>\n\n```\n"
                + plans.toString().strip()
                + "\n```\n</details>\n";
    }

    /**
     * Asks again and again until the JVM has compiled what it will: everything once, then what is
     * answered fastest, for it takes thousands of requests and not a time.
     */
    private static void warm(KeptHttp caller, List<Question> questions) throws Exception {
        say("warming up by " + WARM_UP + " requests, " + PATIENCE.toSeconds() + " s at most");
        Map<Question, Duration> took = new HashMap<>();
        for (Question question : questions) {
            took.put(question, Timings.of(3, () -> ask(caller, question)).quantile(0.5));
        }
        List<Question> fast =
                questions.stream()
                        .sorted(Comparator.comparing(took::get))
                        .limit((questions.size() + 1) / 2)
                        .toList();
        long end = System.nanoTime() + PATIENCE.toNanos();
        for (int asked = 0; asked < WARM_UP && System.nanoTime() < end; asked++) {
            ask(caller, fast.get(asked % fast.size()));
        }
    }

    private static void ask(KeptHttp caller, Question question) throws IOException {
        int _ = caller.get(AdminApi.target(question.path()));
    }

    private static void say(String text) {
        System.out.println("bench: " + text);
    }
}
