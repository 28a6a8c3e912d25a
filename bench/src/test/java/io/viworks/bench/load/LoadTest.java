package io.viworks.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.bench.ChildJvm;
import io.viworks.bench.ingest.BareBridge;
import io.viworks.embedded.EmbeddedRedis;
import io.viworks.embedded.FreePort;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The generator in its own process against the floor in another. */
class LoadTest {
    @TempDir Path folder;

    @Test
    void everyFrameThatIsSentIsConfirmedByRedis() throws Exception {
        int port = FreePort.or(0);
        Path log = folder.resolve("log");
        try (EmbeddedRedis redis = EmbeddedRedis.start(folder.resolve("redis"), 0, List.of());
                ChildJvm server =
                        ChildJvm.main(
                                BareBridge.class,
                                List.of("-Xmx64m"),
                                List.of(
                                        Integer.toString(port),
                                        Integer.toString(redis.port()),
                                        "HMAC",
                                        LoadPlan.of(port, 1).secret(),
                                        "1"),
                                log,
                                false);
                Load load = Load.start(LoadPlan.of(port, 20).confirmedBy(redis.port()), log)) {
            assertThat(server.awaitPort(port, Duration.ofSeconds(60)).liveHeap()).isPositive();

            assertThat(load.connect(10)).isPositive();
            load.full(100);
            Load.Report seen = load.report();
            while (seen.get("sent") < 500) {
                seen = seen.plus(load.report());
            }
            load.rate(0);
            while (seen.get("confirmed") < seen.get("sent")) {
                seen = seen.plus(load.report());
            }

            assertThat(seen.get("confirmed")).isEqualTo(seen.get("sent"));
            assertThat(seen.get("lost_connections")).isZero();
        }
    }

    @Test
    void aPlanIsTheSameOnTheOtherSideOfItsCommandLine() {
        LoadPlan plan =
                LoadPlan.of(8082, 5)
                        .confirmedBy(6379)
                        .provedBy(LoadPlan.Auth.KEY)
                        .frames(900)
                        .thinking(7);

        assertThat(LoadPlan.parse(plan.arguments().toArray(String[]::new))).isEqualTo(plan);
    }

    @Test
    void aStampedIdSaysWhenItWasMade() {
        long before = System.nanoTime();
        UUID id = Stamped.now(7);

        assertThat(Stamped.is(id)).isTrue();
        assertThat(Stamped.nanos(id)).isBetween(before, System.nanoTime());
        assertThat(Stamped.is(UUID.randomUUID())).isFalse();
    }
}
