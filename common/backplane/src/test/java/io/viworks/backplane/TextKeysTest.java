package io.viworks.backplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.CommandArgs;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextKeysTest {
    private static final RedisCodec<String, byte[]> COMPOSED =
            RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

    /** What Lettuce writes with a codec of its own, of each length that counts for a header. */
    @ParameterizedTest
    @ValueSource(strings = {"", "a", "viw:owner:gw-1", "größer", "鍵", "🔑", "\ud800"})
    void writesWhatTheComposedCodecWrites(String text) {
        byte[] bytes = text.repeat(300).getBytes(StandardCharsets.UTF_8);

        assertThat(written(TextKeys.CODEC, text, bytes)).isEqualTo(written(COMPOSED, text, bytes));
    }

    private static String written(RedisCodec<String, byte[]> codec, String key, byte[] value) {
        ByteBuf buffer = Unpooled.buffer();
        new CommandArgs<>(codec)
                .addKey(key)
                .addKeys("k", key)
                .add("SOME")
                .addValue(value)
                .addValues(new byte[0], value)
                .encode(buffer);
        return buffer.toString(StandardCharsets.ISO_8859_1);
    }

    @Test
    void readsWhatItWrites() {
        byte[] value = {0, -1, 13, 10};

        assertThat(TextKeys.CODEC.decodeKey(TextKeys.CODEC.encodeKey("ключ"))).isEqualTo("ключ");
        assertThat(TextKeys.CODEC.decodeValue(TextKeys.CODEC.encodeValue(value))).isEqualTo(value);
    }

    @Test
    void refusesToGuessTheLengthOfAnythingElse() {
        assertThatThrownBy(() -> TextKeys.CODEC.estimateSize(1L))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("keys are text and values are bytes");
    }
}
