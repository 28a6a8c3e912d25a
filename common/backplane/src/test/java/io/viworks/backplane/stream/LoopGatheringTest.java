package io.viworks.backplane.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Records that may wait for others: here those with an even number. */
class LoopGatheringTest {
    /** With time to be watched while it waits, also by a thread that is made to wait itself. */
    private static final LoopOptions SLOW =
            new LoopOptions(
                    2,
                    8,
                    Duration.ofSeconds(15),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(10),
                    Duration.ofMillis(10),
                    Duration.ofMillis(80),
                    3,
                    Duration.ofSeconds(5),
                    Duration.ofMinutes(10),
                    Duration.ofSeconds(3));

    private final LoopFixture fixture = LoopFixture.onShared();
    private final List<List<Long>> batches = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        fixture.close();
    }

    private BatchHandler<StreamRecord.OfTelemetry> patient(Duration patience) {
        return new BatchHandler<>() {
            @Override
            public void handle(List<Entry<StreamRecord.OfTelemetry>> batch) {
                batches.add(batch.stream().map(LoopFixture::n).toList());
            }

            @Override
            public Duration patience() {
                return patience;
            }

            @Override
            public boolean mayWait(StreamRecord.OfTelemetry record) {
                return switch (record) {
                    case StreamRecord.Telemetry telemetry -> telemetry.origin().n() % 2 == 0;
                };
            }
        };
    }

    @Test
    void givesWhatMayWaitWithWhatMayNotAndToOneLane() {
        Duration moment = SLOW.block();
        var _ = fixture.start("patient", patient(moment), _ -> {}, SLOW);
        fixture.write(2);
        await().until(() -> fixture.pending() == 1);
        fixture.write(4);
        await().until(() -> fixture.pending() == 2);
        assertThat(batches).isEmpty();
        fixture.write(5);
        await().untilAsserted(() -> assertThat(batches).containsExactly(List.of(2L, 4L, 5L)));
    }

    @Test
    void givesWhatMayWaitAloneWhenNothingFollows() {
        var _ =
                fixture.start(
                        "patient",
                        patient(Duration.ofMillis(20)),
                        _ -> {},
                        LoopFixture.QUICK.withLanes(2));
        fixture.write(2);
        await().untilAsserted(() -> assertThat(batches).containsExactly(List.of(2L)));
        fixture.write(3);
        await().untilAsserted(() -> assertThat(batches).containsExactly(List.of(2L), List.of(3L)));
        await().untilAsserted(() -> assertThat(fixture.pending()).isZero());
    }
}
