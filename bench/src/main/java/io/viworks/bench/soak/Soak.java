package io.viworks.bench.soak;

import io.viworks.bench.Options;
import io.viworks.bench.Scenario;
import io.viworks.bench.load.Load;
import io.viworks.bench.load.LoadPlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Runs the whole of it for a while and says whether it stayed flat. */
public final class Soak implements Scenario {
    /** Figures that must be flat, by the end of their name, and what is too little to tell. */
    private static final Map<String, Double> FLAT =
            Map.of(
                    "heap after GC, MiB", 4.0,
                    "threads", 4.0,
                    "descriptors", 8.0,
                    "beside its streams, MiB", 4.0);

    /** Tables that are written over and over; the others grow with what happens. */
    private static final Set<String> WRITTEN_OVER =
            Set.of(
                    "Postgres os_gateways, MiB",
                    "Postgres os_gateway_status, MiB",
                    "Postgres agent_sessions, MiB");

    private static final double TABLE_GRAIN_MIB = 2;

    /** How long commands may take to end when no more are sent. */
    private static final long CALM_S = 60;

    @Override
    public String name() {
        return "soak";
    }

    @Override
    public String about() {
        return "the whole of it for a while (--minutes 15 --warm 2 --agents 2000 --commands 10)";
    }

    @Override
    public String measure(Options options) throws Exception {
        options.only("minutes", "warm", "agents", "commands");
        int minutes = options.number("minutes", 15, 2, 24 * 60);
        int warm = options.number("warm", 2, 0, minutes - 1);
        int agents = options.number("agents", 2_000, 30, 10_000);
        int perSecond = options.number("commands", 10, 1, 150);
        Path checkout = Path.of(System.getProperty("viw.checkout", ".")).toAbsolutePath();
        Path folder = Files.createTempDirectory("viw-bench");
        String secret = "a secret of the soak, thirty-two characters";
        try (SoakStack stack = SoakStack.start(checkout, folder, secret)) {
            LoadPlan plan = LoadPlan.of(stack.agentPort(), agents).thinking(20);
            try (Load load =
                            Load.start(
                                    new LoadPlan(
                                            plan.port(),
                                            0,
                                            agents,
                                            plan.prefix(),
                                            plan.sources(),
                                            plan.auth(),
                                            secret,
                                            plan.frameBytes(),
                                            1,
                                            plan.thinkMs(),
                                            true),
                                    folder.resolve("load.log"));
                    Sampling sampling = new Sampling(stack)) {
                return run(stack, load, sampling, plan.prefix(), minutes, warm, agents, perSecond);
            }
        }
    }

    private static String run(
            SoakStack stack,
            Load load,
            Sampling sampling,
            String prefix,
            int minutes,
            int warm,
            int agents,
            int perSecond)
            throws Exception {
        say("connecting " + agents + " agents");
        var _ = load.connect(32);
        load.heartbeats(Duration.ofSeconds(10));
        load.rate(Math.max(1, agents / 30));
        awaitAll(sampling, agents);
        List<Map<String, Double>> looks = new ArrayList<>();
        Load.Report seen = load.report();
        Commands commands = new Commands(stack, prefix, agents, perSecond);
        long begun = System.nanoTime();
        try (commands) {
            for (int minute = 1; minute <= minutes; minute++) {
                long due = begun + TimeUnit.MINUTES.toNanos(minute);
                TimeUnit.NANOSECONDS.sleep(Math.max(0, due - System.nanoTime()));
                looks.add(sampling.now());
                seen = seen.plus(load.report());
                say("minute %d: %s".formatted(minute, looks.getLast()));
            }
        }
        double lasted = (System.nanoTime() - begun) / 6e10;
        long open = calm(sampling);
        seen = seen.plus(load.report());
        return "%.1f minutes, the first %d of them for warming up; %d agents, HEARTBEAT each 10 s, TELEMETRY of 600 bytes each 30 s, %d commands a second by REST.%n%n"
                        .formatted(lasted, warm, agents, perSecond)
                + outcome(sampling, commands, seen, agents, open)
                + "\n"
                + table(looks, warm);
    }

    /** Until the database has heard of every agent. */
    private static void awaitAll(Sampling sampling, int agents) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (sampling.count("select count(*) from os_gateways where status = 'connected'")
                < agents) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("not every agent is connected in the database");
            }
            TimeUnit.MILLISECONDS.sleep(500);
        }
    }

    /** Until no command is open; how many still are. */
    private static long calm(Sampling sampling) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(CALM_S);
        long open;
        do {
            TimeUnit.SECONDS.sleep(1);
            open = sampling.count("select count(*) from agent_commands where finished_at is null");
        } while (open > 0 && System.nanoTime() < end);
        return open;
    }

    private static String outcome(
            Sampling sampling, Commands commands, Load.Report seen, int agents, long open)
            throws Exception {
        long kept = sampling.count("select count(*) from agent_commands");
        long well = sampling.count("select count(*) from agent_commands where state = 'SUCCEEDED'");
        long twice =
                sampling.count(
                        """
                        select count(*) from (select 1 from agent_command_results
                        group by correlation_id having count(*) > 1) of_one\
                        """);
        long fresh =
                sampling.count(
                        """
                        select count(*) from os_gateway_status
                        where reported_at > now() - interval '90 seconds'\
                        """);
        boolean all = open == 0 && well == kept && kept == commands.accepted();
        return "**Commands %s**: %d accepted (%d refused), %d in the ledger, %d SUCCEEDED, %d open after %d s, %d with two results. **Telemetry %s**: of %d of %d agents not older than 90 s. The agents saw %d commands, %d connections lost, %d errors; heartbeats answered after %.1f ms at most.%n"
                .formatted(
                        all ? "all ended truly" : "did NOT all end truly",
                        commands.accepted(),
                        commands.refused(),
                        kept,
                        well,
                        open,
                        CALM_S,
                        twice,
                        fresh == agents ? "fresh" : "NOT fresh",
                        fresh,
                        agents,
                        seen.get("commands"),
                        seen.get("lost_connections"),
                        seen.get("errors"),
                        seen.get("answer_max") / 1e3);
    }

    private static String table(List<Map<String, Double>> looks, int warm) {
        Set<String> names = new LinkedHashSet<>();
        looks.forEach(look -> names.addAll(look.keySet()));
        List<Map<String, Double>> counted = looks.subList(warm, looks.size());
        StringBuilder rows = new StringBuilder();
        List<String> notFlat = new ArrayList<>();
        for (String name : names) {
            List<Double> values = counted.stream().map(l -> l.getOrDefault(name, 0.0)).toList();
            String verdict = "";
            String trend = "";
            if (values.size() >= 2) {
                Trend line = Trend.of(values);
                trend = "%.1f → %.1f".formatted(line.from(), line.to());
                double grain = grain(name);
                if (grain > 0) {
                    verdict = line.isFlat(grain) ? "flat" : "**not flat**";
                    if (!line.isFlat(grain)) {
                        notFlat.add(name);
                    }
                }
            }
            rows.append(
                    "| %s | %.1f | %.1f | %s | %s |%n"
                            .formatted(
                                    name,
                                    looks.getFirst().getOrDefault(name, 0.0),
                                    looks.getLast().getOrDefault(name, 0.0),
                                    trend,
                                    verdict));
        }
        return "Verdict: **%s** (the straight line through the looks after warming up may rise by %.0f %% of its beginning, or by the grain of its figure).%n%n"
                        .formatted(
                                notFlat.isEmpty() ? "flat" : "not flat: " + notFlat,
                                Trend.TOLERANCE * 100)
                + """
                | figure | first minute | last | line after warming up | |
                |---|---|---|---|---|
                """
                + rows;
    }

    /** How little of it says nothing; 0 for what may grow. */
    private static double grain(String name) {
        if (WRITTEN_OVER.contains(name)) {
            return TABLE_GRAIN_MIB;
        }
        return FLAT.entrySet().stream()
                .filter(one -> name.endsWith(one.getKey()))
                .mapToDouble(Map.Entry::getValue)
                .findFirst()
                .orElse(0);
    }

    private static void say(String text) {
        System.out.println("bench: " + text);
    }
}
