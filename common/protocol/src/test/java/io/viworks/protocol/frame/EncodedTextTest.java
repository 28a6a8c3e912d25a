package io.viworks.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.JsonNodeFactory;

class EncodedTextTest {
    private static final String CHARACTERS =
            "ab\"\\/\b\t\n\f\r\u0000\u0001\u001f\u007f\u0080é\u07ff\u0800€\u2028\uFFFF"
                    + "\uD83D\uDE00\uD83D";

    private final FrameCodec codec = new FrameCodec();

    @Test
    void countsWhatTheCodecWrites() {
        Random random = new Random(11);
        for (int i = 0; i < 5_000; i++) {
            String text = random(random);
            assertThat(EncodedText.length(text)).isEqualTo(written(text));
        }
    }

    @Test
    void cutsAsLateAsItMayAndNoCharacterInTwo() {
        Random random = new Random(12);
        for (int i = 0; i < 5_000; i++) {
            String text = random(random);
            int max = random.nextInt(60);
            String cut = EncodedText.cut(text, max);
            assertThat(text).startsWith(cut);
            assertThat(written(cut)).isLessThanOrEqualTo(max);
            if (cut.length() < text.length()) {
                int next = Character.charCount(text.codePointAt(cut.length()));
                assertThat(written(text.substring(0, cut.length() + next))).isGreaterThan(max);
            }
        }
    }

    private static String random(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(30); i > 0; i--) {
            text.append(CHARACTERS.charAt(random.nextInt(CHARACTERS.length())));
        }
        return text.toString();
    }

    private int written(String text) {
        String frame = "{\"t\":\"\"}";
        return codec.encodeObject(JsonNodeFactory.instance.objectNode().put("t", text)).length
                - frame.length();
    }
}
