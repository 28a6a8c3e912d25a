package io.viworks.backplane.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.Consumer;
import io.lettuce.core.XGroupCreateArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.viworks.backplane.stream.StreamRecord.OfTelemetry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is begun, and what of it is left to the lane. */
class PromptTest {
    private final LoopFixture fixture = LoopFixture.onShared();
    private final Subscription<OfTelemetry> subscription = LoopFixture.subscribed("one");
    private final InHand inHand = new InHand();
    private final Beginner handler = new Beginner(() -> true, ns -> ns.contains(13L));

    @BeforeEach
    void group() {
        fixture.raw.xgroupCreate(
                StreamOffset.from(LoopFixture.STREAM, "0"),
                LoopFixture.GROUP,
                XGroupCreateArgs.Builder.mkstream());
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private Prompt<OfTelemetry> prompt(Duration longest) {
        return new Prompt<>(
                new Group(fixture.connections, subscription),
                subscription,
                handler,
                new LoopMeters(fixture.meters, subscription),
                inHand,
                LoopFixture.QUICK.batch(),
                longest);
    }

    /** Writes one and reads it. */
    @SuppressWarnings("unchecked") // an array of one StreamOffset<String>, made by the varargs
    private List<RawEntry> read(long n) {
        fixture.write(n);
        return fixture
                .raw
                .xreadgroup(
                        Consumer.from(LoopFixture.GROUP, "one"),
                        StreamOffset.lastConsumed(LoopFixture.STREAM))
                .stream()
                .map(message -> new RawEntry(message.getId(), message.getBody()))
                .toList();
    }

    private static List<Long> ns(List<Item<OfTelemetry>> items) {
        return items.stream().map(item -> LoopFixture.n(item.entry())).toList();
    }

    @Test
    void givesUpWhatDoesNotEndInItsTimeAndCountsItsLateEndNotAgain() {
        Prompt<OfTelemetry> prompt = prompt(Duration.ofMillis(50));
        assertThat(prompt.takesOn(read(1))).isTrue();
        assertThat(prompt.takesOn(read(2))).isTrue();
        handler.begun.get(1).ends();
        await().until(() -> inHand.size() == 1);

        prompt.settle();

        assertThat(ns(prompt.failed())).containsExactly(1L);
        assertThat(prompt.failed()).isEmpty();
        handler.begun.get(0).ends();
        await().untilAsserted(() -> assertThat(fixture.pending()).isZero());
        assertThat(fixture.records("handled")).isEqualTo(1);
        assertThat(inHand.size()).isEqualTo(1); // whoever handles it now lets go of it
    }

    @Test
    void saysWhatTakesTooLongWhenItIsAsked() {
        Prompt<OfTelemetry> prompt = prompt(Duration.ofMillis(50));
        assertThat(prompt.takesOn(read(1))).isTrue();

        await().until(prompt::hasGoneWrong);

        assertThat(prompt.takesOn(read(2))).isFalse();
        assertThat(ns(prompt.failed())).containsExactly(1L);
    }

    @Test
    void beginsNothingUntilWhatWentWrongIsTaken() {
        Prompt<OfTelemetry> prompt = prompt(ConsumerLoop.LONGEST_PROMPT);
        assertThat(prompt.takesOn(read(1))).isTrue();
        handler.begun.getFirst().fails();

        assertThat(prompt.takesOn(read(2))).isFalse();

        assertThat(ns(prompt.failed())).containsExactly(1L);
        assertThat(prompt.takesOn(read(3))).isTrue();
        assertThat(handler.ns()).containsExactly(1L, 3L);
    }

    @Test
    void leavesWhatIsRefusedMalformedOrTrimmedToTheLane() {
        Prompt<OfTelemetry> prompt = prompt(ConsumerLoop.LONGEST_PROMPT);
        String id = read(1).getFirst().id();

        assertThat(prompt.takesOn(read(13))).isFalse();
        assertThat(prompt.takesOn(List.of(new RawEntry(id, Map.of("x", new byte[] {1})))))
                .isFalse();
        assertThat(prompt.takesOn(List.of(new RawEntry(id, Map.of())))).isFalse();
        assertThat(prompt.takesOn(List.of())).isFalse();

        assertThat(handler.begun).isEmpty();
        assertThat(inHand.size()).isZero();
        assertThat(fixture.records("read")).isZero();
    }

    @Test
    void leavesToTheLaneWhatIsDoneAndCouldNotBeAcknowledged() {
        Prompt<OfTelemetry> prompt = prompt(ConsumerLoop.LONGEST_PROMPT);
        List<RawEntry> read = read(1);
        assertThat(prompt.takesOn(read)).isTrue();
        fixture.connections.close();

        handler.begun.getFirst().ends();
        prompt.settle();

        assertThat(prompt.hasGoneWrong()).isTrue();
        assertThat(prompt.failed()).isEmpty();
        assertThat(prompt.unacknowledged()).containsExactly(read.getFirst().id());
        assertThat(inHand.ids()).containsExactly(read.getFirst().id());
        assertThat(fixture.records("handled")).isZero();
    }

    /** Whoever sees that nothing is under way counts what is in hand at once. */
    @Test
    void isNotSettledBeforeItHasLetGo() {
        Prompt<OfTelemetry> prompt = prompt(ConsumerLoop.LONGEST_PROMPT);
        for (int n = 1; n <= 200; n++) {
            assertThat(prompt.takesOn(read(100 + n))).isTrue();
            handler.begun.getLast().ends();

            prompt.settle();

            assertThat(inHand.size()).isZero();
            assertThat(fixture.records("handled")).isEqualTo(n);
        }
    }
}
