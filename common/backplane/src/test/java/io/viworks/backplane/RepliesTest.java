package io.viworks.backplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RepliesTest {
    private static final String ANSWERS =
            String.join(
                    "\r\n",
                    List.of(
                            "$15",
                            "1700000000000-0",
                            "-ERR it ",
                            "+PONG",
                            "$0",
                            "",
                            ":12",
                            "$-1",
                            "$11",
                            "-ERR",
                            "$3",
                            "+",
                            ""));

    private final Replies replies = new Replies();
    private final List<String> heard = new ArrayList<>();
    private final Replies.Ear ear =
            new Replies.Ear() {
                @Override
                public void done() {
                    heard.add("done");
                }

                @Override
                public void refused(String error) {
                    heard.add(error);
                }
            };

    private void read(String text) {
        ByteBuf in = Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
        replies.read(in, ear);
        assertThat(in.isReadable()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 7, 1_000})
    void tellsAnswersApartHoweverTheyArePieced(int piece) {
        for (int at = 0; at < ANSWERS.length(); at += piece) {
            read(ANSWERS.substring(at, Math.min(ANSWERS.length(), at + piece)));
        }

        assertThat(heard)
                .containsExactly("done", "ERR it ", "done", "done", "done", "done", "done");
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        assertThatIllegalArgumentException().isThrownBy(() -> read("*2\r\n"));
    }
}
