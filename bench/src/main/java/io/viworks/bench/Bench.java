package io.viworks.bench;

import io.viworks.bench.dispatch.Dispatch;
import io.viworks.bench.growth.Growth;
import io.viworks.bench.ingest.Accept;
import io.viworks.bench.ingest.Ingest;
import io.viworks.bench.ingest.Memory;
import io.viworks.bench.journey.Journey;
import io.viworks.bench.lists.Lists;
import io.viworks.bench.peers.Peers;
import io.viworks.bench.results.ResultsDrain;
import io.viworks.bench.soak.Soak;
import io.viworks.bench.telemetry.TelemetryDrain;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;

/**
 * Measures a scenario and writes its section of {@code docs/performance.md}. Exits with 0, with 64
 * when the command line is wrong, with 1 when the measurement failed.
 */
public final class Bench {
    private static final List<Scenario> SCENARIOS =
            List.of(
                    new Lists(),
                    new TelemetryDrain(),
                    new ResultsDrain(),
                    new Ingest(),
                    new Accept(),
                    new Memory(),
                    new Dispatch(),
                    new Journey(),
                    new Peers(),
                    new Growth(),
                    new Soak());

    private Bench() {}

    public static void main(String[] args) {
        System.exit(run(args));
    }

    private static int run(String[] args) {
        if (args.length == 0) {
            System.out.println("usage: ./viw bench NAME [--option value …]");
            SCENARIOS.forEach(s -> System.out.printf("  %-18s %s%n", s.name(), s.about()));
            return 0;
        }
        Optional<Scenario> found =
                SCENARIOS.stream().filter(s -> s.name().equals(args[0])).findFirst();
        if (found.isEmpty()) {
            System.err.println(
                    "bench: there is no \"" + args[0] + "\"; without a name it lists all");
            return 64;
        }
        try {
            Scenario scenario = found.get();
            Options options = Options.of(args, 1);
            String section = scenario.measure(options);
            PerformancePage page = new PerformancePage(checkout().resolve("docs/performance.md"));
            page.replace(
                    scenario.section(options),
                    """
                    `./viw bench %s%s`, %s, on %s.

                    %s\
                    """
                            .formatted(
                                    scenario.name(),
                                    options,
                                    LocalDate.now(ZoneOffset.UTC),
                                    Machine.describe(),
                                    section.strip()));
            System.out.println(section);
            return 0;
        } catch (IllegalArgumentException e) {
            System.err.println("bench: " + e.getMessage());
            return 64;
        } catch (Exception e) {
            e.printStackTrace();
            return 1;
        }
    }

    private static Path checkout() {
        return Path.of(System.getProperty("viw.checkout", "."));
    }
}
