package io.viworks.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.protocol.AgentId;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlainTelemetryTest {
    private static final AgentId AGENT = AgentId.of("gateway-001");
    private static final Instant NOW = Instant.parse("2026-01-15T12:00:05Z");

    private static final String USUAL =
            """
            {"type":"TELEMETRY","agent_id":"gateway-001","ts":"2026-01-15T12:00:00.25Z","metrics":{\
            "cpu_pct":37.25,"mem_pct":100,"disk_pct":0.0,"load1":12.5,"containers_running":2,\
            "services":{"vpn":"active","web":{"state":"up"}},"containers":[{"id":"3f","name":"a\\n",\
            "image":"a:1","state":"running"},{}],"uptime_s":-1,"note":"größer","list":[1,[true,null]]}}\
            """;

    private final PlainTelemetry plain = new PlainTelemetry();

    private boolean knows(String frame) {
        return plain.is(frame.getBytes(StandardCharsets.UTF_8), AGENT, NOW);
    }

    @Test
    void knowsWhatAgentsUsuallySend() {
        assertThat(knows(USUAL)).isTrue();
        assertThat(knows(USUAL.replace("\":", "\" :\t").replace(",\"", "\n, \""))).isTrue();
        assertThat(
                        knows(
                                "{\"metrics\":{},\"ts\":\"2026-01-14T12:00:59Z\",\"type\":\"TELEMETRY\","
                                        + "\"agent_id\":\"gateway-001\"}"))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"cpu_pct\":100.5",
                "\"cpu_pct\":-1",
                "\"cpu_pct\":\"1\"",
                "\"cpu_pct\":01",
                "\"cpu_pct\":1e2",
                "\"cpu_pct\":1.",
                "\"cpu_pct\":1,\"cpu_pct\":1",
                "\"containers_running\":2.5",
                "\"containers_running\":99999999999",
                "\"services\":[]",
                "\"containers\":[1]",
                "\"note\":\"\\u0000\"",
                "\"note\":\"\u0001\"",
                "\"n\\u006fte\":1",
                "\"x\":1e999",
                "\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
                "\"x\":[1,]",
                "\"x\":tru",
                "\"x\":NaN",
            })
    void leavesToTheCodecWhatIsNotPlain(String metric) {
        String frame =
                """
                {"type":"TELEMETRY","agent_id":"gateway-001","ts":"2026-01-15T12:00:00Z",\
                "metrics":{%s}}\
                """
                        .formatted(metric);

        assertThat(knows(frame)).isFalse();
    }

    @Test
    void leavesToTheCodecFramesOfOthersAndOfOtherTimes() {
        assertThat(knows(USUAL.replace("gateway-001", "gateway-002"))).isFalse();
        assertThat(knows(USUAL.replace("gateway-001", "gateway-0011"))).isFalse();
        assertThat(knows(USUAL.replace("TELEMETRY", "RESULT"))).isFalse();
        assertThat(knows(USUAL.replace("2026-01-15", "2026-01-17"))).isFalse();
        assertThat(knows(USUAL.replace("2026-01-15", "2026-02-30"))).isFalse();
        assertThat(knows(USUAL.replace("T12:", "T24:"))).isFalse();
        assertThat(knows(USUAL + "1")).isFalse();
        assertThat(knows(USUAL.substring(0, USUAL.length() - 1))).isFalse();
    }

    /** Whatever it knows, the codec takes: of frames with a few bytes changed at random. */
    @Test
    void neverKnowsWhatTheCodecWouldRefuseOrLeaveOut() {
        Random random = new Random(8);
        AtomicInteger drops = new AtomicInteger();
        FrameCodec codec = new FrameCodec((_, _) -> drops.incrementAndGet());
        byte[] usual = USUAL.getBytes(StandardCharsets.UTF_8);
        byte[] likely = "{}[],:\"\\0159-.eEtnu \u0000\u007f".getBytes(StandardCharsets.UTF_8);
        int known = 0;
        for (int i = 0; i < 150_000; i++) {
            byte[] frame = usual.clone();
            for (int k = random.nextInt(3); k >= 0; k--) {
                frame[random.nextInt(frame.length)] =
                        random.nextBoolean()
                                ? likely[random.nextInt(likely.length)]
                                : random.nextBoolean()
                                        ? usual[random.nextInt(usual.length)]
                                        : (byte) random.nextInt();
            }
            if (plain.is(frame, AGENT, NOW)) {
                known++;
                assertThat(taken(codec, frame))
                        .as(new String(frame, StandardCharsets.UTF_8))
                        .isTrue();
            }
        }
        assertThat(known).isGreaterThan(10_000);
        assertThat(drops).hasValue(0);
    }

    private static boolean taken(FrameCodec codec, byte[] frame) {
        try {
            return codec.decodeAgent(frame, NOW) instanceof AgentFrame.Telemetry telemetry
                    && telemetry.agentId().equals(AGENT)
                    && FrameCodec.isUtf8(frame);
        } catch (BadFrame e) {
            return false;
        }
    }
}
