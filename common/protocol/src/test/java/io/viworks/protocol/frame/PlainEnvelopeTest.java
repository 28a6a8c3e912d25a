package io.viworks.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlainEnvelopeTest {
    private static final AgentId AGENT = AgentId.of("gateway-001");
    private static final CorrelationId COMMAND =
            new CorrelationId(UUID.fromString("018f4e2a-1c3d-7000-8000-0123456789ab"));

    private static final String USUAL =
            """
            {"correlation_id":"018f4e2a-1c3d-7000-8000-0123456789ab","agent_id":"gateway-001",\
            "verb":"exec","args":{"command":["ls","-l"],"env":{"A":"\\"b\\""},"n":1.5},\
            "issued_at":"2026-01-15T12:00:00.25Z","expires_at":"2026-01-15T12:01:00Z",\
            "nonce":"018f4e2a-0000-4000-8000-abcdefabcdef","timeout_s":30,"issued_by":"jürgen"}\
            """;

    private final FrameCodec codec = new FrameCodec();
    private final PlainEnvelope plain = new PlainEnvelope();

    private @Nullable CommandTimes times(String envelope) {
        return plain.times(envelope.getBytes(StandardCharsets.UTF_8), AGENT, COMMAND);
    }

    @Test
    void readsWhatTheCodecWrites() throws BadFrame {
        Envelope envelope = codec.decodeEnvelope(USUAL.getBytes(StandardCharsets.UTF_8));

        byte[] written = codec.encodeEnvelope(envelope);

        assertThat(plain.times(written, AGENT, COMMAND))
                .isEqualTo(envelope.times())
                .isEqualTo(
                        new CommandTimes(
                                Instant.parse("2026-01-15T12:00:00.250Z"),
                                Instant.parse("2026-01-15T12:01:00Z"),
                                30));
    }

    @Test
    void readsAnyOrderAnySpaceAndPassesOverWhatItDoesNotKnow() {
        assertThat(times(USUAL.replace("\":", "\" :\t").replace(",\"", "\n, \""))).isNotNull();
        assertThat(times(USUAL.replace("{\"correlation_id", "{\"more\":[null],\"correlation_id")))
                .isNotNull();
        assertThat(
                        times(
                                USUAL.replace("\"verb\":\"exec\",", "")
                                        .replace("\"timeout_s\"", "\"verb\":\"\",\"timeout_s\"")))
                .isNotNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".1", ".000000001", ".123456789"})
    void keepsTheWholeInstant(String fraction) {
        CommandTimes times = times(USUAL.replace("12:00:00.25Z", "12:00:00" + fraction + "Z"));

        assertThat(times).isNotNull();
        assertThat(times.issuedAt())
                .isEqualTo(Instant.parse("2026-01-15T12:00:00" + fraction + "Z"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "gateway-001 | gateway-002",
                "018f4e2a-1c3d | 018f4e2a-1c3e",
                "\"verb\":\"exec\" | \"verb\":null",
                "\"verb\":\"exec\" | \"verb\":\"\\u0000\"",
                "\"verb\":\"exec\" | \"verb\":\"exec\",\"verb\":\"exec\"",
                "\"verb\":\"exec\", | ``",
                "\"n\":1.5} | \"n\":1e999}",
                "\"n\":1.5} | \"n\":1.5",
                "\"args\": | \"args\":[],\"more\":",
                "12:00:00.25Z | 12:00:00.25+00:00",
                "12:00:00.25Z | 12:00:00.Z",
                "12:00:00.25Z | 12:00:60Z",
                "2026-01-15T12:01 | 2026-02-30T12:01",
                "abcdefabcdef | abcdefabcdeF",
                "018f4e2a-0000- | 018f4e2a00000",
                "\"timeout_s\":30 | \"timeout_s\":0",
                "\"timeout_s\":30 | \"timeout_s\":-1",
                "\"timeout_s\":30 | \"timeout_s\":30.0",
                "\"timeout_s\":30 | \"timeout_s\":3000000000",
                "\"timeout_s\":30 | \"timeout_s\":\"30\"",
                "\"jürgen\"} | \"jürgen\"}}",
            })
    void leavesToTheCodecWhatIsNotPlain(String of, @Nullable String instead) {
        String changed = USUAL.replace(of, instead == null ? "" : instead);

        assertThat(changed).isNotEqualTo(USUAL);
        assertThat(times(changed)).isNull();
    }

    /** Whatever it reads, the codec reads the same: of envelopes changed at random. */
    @Test
    void neverReadsWhatTheCodecWouldRefuseOrReadOtherwise() throws BadFrame {
        Random random = new Random(8);
        byte[] usual = USUAL.getBytes(StandardCharsets.UTF_8);
        byte[] likely = "{}[],:\"\\0159-.eEtnuZTaf \u0000\u007f".getBytes(StandardCharsets.UTF_8);
        int known = 0;
        for (int i = 0; i < 150_000; i++) {
            byte[] envelope = usual.clone();
            for (int k = random.nextInt(3); k >= 0; k--) {
                envelope[random.nextInt(envelope.length)] =
                        random.nextBoolean()
                                ? likely[random.nextInt(likely.length)]
                                : random.nextBoolean()
                                        ? usual[random.nextInt(usual.length)]
                                        : (byte) random.nextInt();
            }
            CommandTimes times = plain.times(envelope, AGENT, COMMAND);
            if (times != null) {
                known++;
                Envelope read = codec.decodeEnvelope(envelope);
                assertThat(times)
                        .as(new String(envelope, StandardCharsets.UTF_8))
                        .isEqualTo(read.times());
                assertThat(read.agentId()).isEqualTo(AGENT);
                assertThat(read.correlationId()).isEqualTo(COMMAND);
            }
        }
        assertThat(known).isGreaterThan(5_000);
    }
}
