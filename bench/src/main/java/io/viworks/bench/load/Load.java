package io.viworks.bench.load;

import io.viworks.bench.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A load generator in a process of its own, told what to do. For one thread. */
public final class Load implements AutoCloseable {
    private static final List<String> JVM =
            List.of("-Xmx512m", "-XX:MaxDirectMemorySize=512m", "-XX:+UseSerialGC");

    private final ChildJvm child;
    private final PrintWriter orders;
    private final BufferedReader answers;

    private Load(ChildJvm child) {
        this.child = child;
        this.orders = new PrintWriter(child.process().outputWriter(StandardCharsets.UTF_8), true);
        this.answers = child.process().inputReader(StandardCharsets.UTF_8);
    }

    /** Starts the process; nothing is connected yet. */
    public static Load start(LoadPlan plan, Path log) throws IOException {
        return start(LoadGenerator.class, plan.arguments(), log);
    }

    /** Starts another program that takes the same orders and reports by the same names. */
    public static Load start(Class<?> program, List<String> arguments, Path log)
            throws IOException {
        return new Load(ChildJvm.main(program, JVM, arguments, log, true));
    }

    /** What the agents saw between two reports, by the names of the generator's line. */
    public record Report(Map<String, Long> numbers) {
        public Report {
            numbers = Map.copyOf(numbers);
        }

        /** What was seen in two stretches; only counts add up, not latencies. */
        public Report plus(Report other) {
            Map<String, Long> sum = new HashMap<>(numbers);
            other.numbers.forEach((name, number) -> sum.merge(name, number, Long::sum));
            return new Report(sum);
        }

        /**
         * One of them.
         *
         * @throws IllegalArgumentException when there is none of this name
         */
        public long get(String name) {
            Long number = numbers.get(name);
            if (number == null) {
                throw new IllegalArgumentException("a report has no " + name + ": " + numbers);
            }
            return number;
        }
    }

    /** Signs every handshake beforehand, so that connecting costs no signatures here. */
    public void prepare() throws IOException {
        var _ = order("prepare");
    }

    /**
     * Brings every agent to WELCOME.
     *
     * @param atOnce how many are on their way at a time
     * @return how long all of them took
     * @throws IOException when not all were welcome
     */
    public Duration connect(int atOnce) throws IOException {
        Report done = parse(order("connect " + atOnce));
        Report seen = report();
        if (done.get("all") == 0 || seen.get("errors") > 0) {
            throw new IOException("not every agent was welcome: " + seen);
        }
        return Duration.ofNanos(done.get("nanos"));
    }

    /** TELEMETRY of all agents together, evenly; 0 ends it. */
    public void rate(int perSecond) throws IOException {
        var _ = order("rate " + perSecond);
    }

    /** TELEMETRY as fast as it is confirmed, with so many on their way. */
    public void full(int window) throws IOException {
        var _ = order("full " + window);
    }

    /** HEARTBEATs of every agent; zero ends them. */
    public void heartbeats(Duration every) throws IOException {
        var _ = order("heartbeats " + every.toMillis());
    }

    /** Ends all connections without a word. */
    public void disconnect() throws IOException {
        var _ = order("disconnect");
    }

    /** What was seen since the last report, and processor time since the start. */
    public Report report() throws IOException {
        return parse(order("report"));
    }

    private static Report parse(String line) {
        Map<String, Long> numbers = new HashMap<>();
        for (String word : line.split(" ", -1)) {
            int equals = word.indexOf('=');
            numbers.put(word.substring(0, equals), Long.parseLong(word.substring(equals + 1)));
        }
        return new Report(numbers);
    }

    private String order(String line) throws IOException {
        orders.println(line);
        String answer = answers.readLine();
        if (answer == null) {
            throw new IOException("the load generator has ended; see its log");
        }
        return answer;
    }

    /** Its process, for its processor time. */
    public ChildJvm process() {
        return child;
    }

    @Override
    public void close() {
        orders.close();
        child.close();
    }
}
