package io.viworks.conformance.failure;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.conformance.failure.Faults.Kind;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Faults of all kinds, one after another as a seed says, under load; then the same checks. {@code
 * -Dviw.failure.seed} repeats a run, {@code -Dviw.failure.minutes} makes it longer or shorter.
 */
@Tag("failure")
class RandomFaultsTest {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int LONGEST_OUTAGE_S = 20;
    private static final int CALLERS = 4;
    private static final int FIRST = 200;

    @Test
    void endsEveryCommandInATrueStateWhateverBreaks() throws Exception {
        long seed = Long.getLong("viw.failure.seed", System.nanoTime());
        Duration length = Duration.ofMinutes(Long.getLong("viw.failure.minutes", 10));
        System.out.println("failure: seed " + seed + ", " + length.toMinutes() + " minutes");
        Path target = Path.of("target").toAbsolutePath();
        Report report = new Report(target.resolve("failure-random.md"));
        Map<Kind, Integer> made = new EnumMap<>(Kind.class);
        try (Fleet fleet =
                Fleet.start(
                        target.resolve("failures-random"),
                        target.resolve("../..").normalize(),
                        Fleet.GATEWAYS)) {
            fleet.awaitConnected(Fleet.GATEWAYS, Duration.ofMinutes(2));
            Instant since = Instant.now();
            Load load = new Load(fleet.api(), fleet.gateways(), seed);
            load.ask(FIRST);
            long open = Verdict.open(fleet);
            AtomicBoolean stop = new AtomicBoolean();
            Thread[] callers = new Thread[CALLERS];
            for (int i = 0; i < CALLERS; i++) {
                callers[i] = Thread.ofVirtual().start(() -> trickle(load, stop));
            }
            Random random = new Random(seed);
            List<Kind> kinds = List.of(Kind.values());
            Faults faults = new Faults(fleet, seed);
            Instant end = since.plus(length);
            while (Instant.now().isBefore(end)) {
                Kind kind = kinds.get(random.nextInt(kinds.size()));
                Duration outage = Duration.ofSeconds(1 + random.nextInt(LONGEST_OUTAGE_S));
                System.out.println("failure: " + kind + " for " + outage.toSeconds() + " s");
                faults.make(kind, outage);
                made.merge(kind, 1, Integer::sum);
                Pauses.sleep(random.nextInt(5_000));
            }
            stop.set(true);
            for (Thread caller : callers) {
                caller.join();
            }
            Verdict verdict = Verdict.of(fleet, load, since, PATIENCE, true);
            report.add(
                    "%d minutes of random faults, seed %d".formatted(length.toMinutes(), seed),
                    open,
                    verdict,
                    made + "; " + load.refused() + " answers not 202");
            assertThat(verdict.violations()).isEmpty();
        }
    }

    private static void trickle(Load load, AtomicBoolean stop) {
        try {
            load.trickle(stop, 250);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
