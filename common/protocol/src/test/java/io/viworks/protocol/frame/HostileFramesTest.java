package io.viworks.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.protocol.Limits;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever arrives, the codec answers with a frame or with {@link BadFrame}; seeds are fixed. */
class HostileFramesTest {
    private static final Instant ARRIVAL = Instant.parse("2026-01-15T12:00:00Z");
    private static final String ID = "0190b3a4-0000-4000-8000-000000000001";
    private static final List<String> SEEDS =
            List.of(
                    """
                    {"type":"HELLO","agent_id":"g","version":"1","instance_uid":"%s",\
                    "labels":{"a":"b"},"capabilities":["echo"],"features":["ack","journal"],\
                    "max_concurrency":4,"now":"2026-01-15T12:00:00.5Z","metadata":{"a":[1,2.5]}}\
                    """
                            .formatted(ID),
                    """
                    {"type":"TELEMETRY","agent_id":"g","ts":"2026-01-15T12:00:00Z","metrics":\
                    {"cpu_pct":1.5,"services":{"a":"b"},"containers":[{"id":"x"}],"n":-1e5}}\
                    """,
                    """
                    {"type":"RESULT","agent_id":"g","correlation_id":"%s","status":"error",\
                    "rc":1,"stdout":"\\u0000\\ud83d\\ude00é","data":{"a":{"b":null}},\
                    "truncated":true,"duration_ms":5,"error":{"code":"x","msg":"y"}}\
                    """
                            .formatted(ID),
                    """
                    {"type":"ACK","agent_id":"g","correlation_id":"%s","attempt":2,\
                    "status":"rejected","retry_after_ms":10}\
                    """
                            .formatted(ID),
                    """
                    {"type":"JOB_STATUS","jobs":[{"correlation_id":"%s","state":"lost"}]}\
                    """
                            .formatted(ID),
                    """
                    {"type":"COMMAND","attempt":1,"correlation_id":"%s","agent_id":"g",\
                    "verb":"echo","args":{"message":"x"},"issued_at":"2026-01-15T12:00:00Z",\
                    "expires_at":"2026-01-15T12:01:00Z","nonce":"%s","timeout_s":5,\
                    "issued_by":"a"}\
                    """
                            .formatted(ID, ID),
                    """
                    {"type":"WELCOME","session_id":"%s","conn_id":"%s",\
                    "server_time":"2026-01-15T12:00:00Z","server_nonce":"n","heartbeat_s":20,\
                    "cmd_timeout_s":45,"max_inflight":4,"max_frame_bytes":262144}\
                    """
                            .formatted(ID, ID));
    private static final byte[] SPICE =
            "{}[]\":,\\u0000deE+-.9tfn \n\0\u00ff".getBytes(StandardCharsets.ISO_8859_1);

    private final FrameCodec codec = new FrameCodec();
    private int frames;

    @Test
    void answersRandomBytes() {
        Random random = new Random(20260115);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(64)];
            random.nextBytes(bytes);
            answers(bytes);
        }
    }

    @Test
    void answersRandomTokens() {
        Random random = new Random(42);
        for (int i = 0; i < 50_000; i++) {
            byte[] bytes = new byte[1 + random.nextInt(40)];
            for (int k = 0; k < bytes.length; k++) {
                bytes[k] = SPICE[random.nextInt(SPICE.length)];
            }
            bytes[0] = '{';
            answers(bytes);
        }
    }

    @Test
    void answersFramesWithAFewBytesChanged() {
        Random random = new Random(4711);
        for (int i = 0; i < 100_000; i++) {
            byte[] bytes = SEEDS.get(random.nextInt(SEEDS.size())).getBytes(StandardCharsets.UTF_8);
            for (int k = random.nextInt(4); k >= 0; k--) {
                bytes[random.nextInt(bytes.length)] = SPICE[random.nextInt(SPICE.length)];
            }
            answers(bytes);
        }
        assertThat(frames).as("some still are frames").isGreaterThan(5_000);
    }

    @Test
    void answersFramesCutOffAnywhere() {
        for (String seed : SEEDS) {
            byte[] bytes = seed.getBytes(StandardCharsets.UTF_8);
            for (int length = 0; length < bytes.length; length++) {
                byte[] cut = java.util.Arrays.copyOf(bytes, length);
                answers(cut);
            }
        }
        assertThat(frames).isZero();
    }

    @Test
    void answersFramesWithOneValueReplaced() {
        List<String> values =
                List.of(
                        "null",
                        "true",
                        "[]",
                        "{}",
                        "\"\"",
                        "0",
                        "-1",
                        "1e999",
                        "1e-999",
                        "0.5",
                        "9223372036854775807",
                        "9223372036854775808",
                        "-9223372036854775809",
                        "9.223372036854775807e18",
                        "\"\\ud800\"",
                        "\"+1000000-01-01T00:00:00Z\"",
                        "\"9999-12-31T23:59:60Z\"",
                        "\"2026-02-30T00:00:00Z\"",
                        "[[[[1]]]]");
        for (String seed : SEEDS) {
            for (int at = seed.indexOf(':'); at > 0; at = seed.indexOf(':', at + 1)) {
                for (String value : values) {
                    String rest = seed.substring(at + 1).replaceFirst("^[^,}]*", "");
                    answers(
                            (seed.substring(0, at + 1) + value + rest)
                                    .getBytes(StandardCharsets.UTF_8));
                }
            }
        }
        assertThat(frames).isPositive();
    }

    @Test
    void answersTheLargestFrameSoonWhateverItHolds() {
        for (String piece : List.of("[", "{\"a\":", "\"\\u0000\",", "9", "1e9,", "\"a\":1,")) {
            String filler = piece.repeat(Limits.MAX_FRAME_BYTES / piece.length());
            answers(("{\"type\":\"PING\",\"x\":[" + filler).getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Any other exception fails the test. */
    private void answers(byte[] bytes) {
        try {
            AgentFrame frame = codec.decodeAgent(bytes, ARRIVAL);
            assertThat(codec.decodeAgent(codec.encode(frame), ARRIVAL).type())
                    .isEqualTo(frame.type());
            frames++;
        } catch (BadFrame e) {
            assertThat(e.problem()).isNotEmpty();
        }
        try {
            codec.encode(codec.decodeBridge(bytes));
            frames++;
        } catch (BadFrame e) {
            assertThat(e.problem()).isNotEmpty();
        }
    }
}
