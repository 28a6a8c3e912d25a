package io.viworks.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.bridge.ingress.Recent;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a bridge remembers of each agent, and how little that may be (spec 2.6). */
class RecentTest {
    private static final AgentId ONE = new AgentId("one");

    private static AgentId agent(int number) {
        return new AgentId("agent-" + number);
    }

    /** A frame that begins with its number. */
    private static Bytes frame(int number, int bytes) {
        byte[] frame = new byte[bytes];
        frame[0] = (byte) number;
        return Bytes.of(frame);
    }

    private static int number(Bytes frame) {
        return frame.array()[0];
    }

    @Test
    void keepsTheLastFiftyFramesOfAnAgentOldestFirst() {
        Recent recent = new Recent(1 << 20);

        IntStream.range(0, 60).forEach(i -> recent.telemetry(ONE, frame(i, 100)));

        assertThat(recent.telemetry(ONE).stream().map(RecentTest::number))
                .containsExactlyElementsOf(IntStream.range(10, 60).boxed().toList());
        assertThat(recent.used()).isEqualTo(50 * 100);
    }

    @Test
    void keepsNoMoreThanItsBytesOfAnAgentAndNoLargerFrameAtAll() {
        Recent recent = new Recent(1 << 20);

        IntStream.range(0, 5).forEach(i -> recent.telemetry(ONE, frame(i, 30_000)));
        recent.telemetry(ONE, frame(9, Recent.BYTES + 1));

        assertThat(recent.telemetry(ONE).stream().map(RecentTest::number)).containsExactly(3, 4);
    }

    @Test
    void givesEachAgentAnEqualShareWhenTheyAreTooManyForAllTheirFrames() {
        Recent recent = new Recent(100 * 1_000);

        for (int i = 0; i < 30; i++) {
            for (int agent = 0; agent < 100; agent++) {
                recent.telemetry(agent(agent), frame(i, 250));
            }
        }

        assertThat(IntStream.range(0, 100).map(i -> recent.telemetry(agent(i)).size()))
                .containsOnly(4);
        assertThat(recent.telemetry(agent(7)).stream().map(RecentTest::number))
                .containsExactly(26, 27, 28, 29);
    }

    @Test
    void takesNothingFromOthersForOneThatSpeaksMuch() {
        Recent recent = new Recent(10 * 1_000);
        IntStream.range(0, 10).forEach(i -> recent.telemetry(agent(i), frame(i, 500)));

        IntStream.range(0, 100).forEach(i -> recent.telemetry(agent(0), frame(i, 500)));

        assertThat(recent.telemetry(agent(0))).hasSize(2);
        assertThat(IntStream.range(1, 10).map(i -> recent.telemetry(agent(i)).size()))
                .containsOnly(1);
    }

    @Test
    void forgetsWhoWasSilentLongestWhenEvenOneFrameOfEachIsTooMuch() {
        Recent recent = new Recent(1_000);

        IntStream.range(0, 5).forEach(i -> recent.telemetry(agent(i), frame(i, 300)));

        assertThat(IntStream.range(0, 5).map(i -> recent.telemetry(agent(i)).size()))
                .containsExactly(0, 0, 1, 1, 1);
        assertThat(recent.used()).isEqualTo(900);
    }

    @Test
    void keepsTheLastResultBesideTheFrames() {
        Recent recent = new Recent(1 << 20);

        recent.result(ONE, frame(1, 10));
        recent.result(ONE, frame(2, 20));
        recent.telemetry(ONE, frame(3, 30));

        assertThat(recent.result(ONE).map(RecentTest::number)).contains(2);
        assertThat(recent.used()).isEqualTo(50);
    }
}
