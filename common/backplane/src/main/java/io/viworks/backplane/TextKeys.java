package io.viworks.backplane;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.codec.ToByteBufEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.ByteBuffer;

/**
 * Keys as text in UTF-8, values as bytes. Both are written straight into the request, whose lengths
 * are known beforehand; a codec that Lettuce composes of two makes a buffer of its own for each
 * argument. For this module. Thread-safe.
 */
public final class TextKeys
        implements RedisCodec<String, byte[]>, ToByteBufEncoder<String, byte[]> {
    public static final TextKeys CODEC = new TextKeys();

    private TextKeys() {}

    @Override
    public String decodeKey(ByteBuffer bytes) {
        return StringCodec.UTF8.decodeKey(bytes);
    }

    @Override
    public byte[] decodeValue(ByteBuffer bytes) {
        return ByteArrayCodec.INSTANCE.decodeValue(bytes);
    }

    @Override
    public ByteBuffer encodeKey(String key) {
        return StringCodec.UTF8.encodeKey(key);
    }

    @Override
    public ByteBuffer encodeValue(byte[] value) {
        return ByteArrayCodec.INSTANCE.encodeValue(value);
    }

    @Override
    public void encodeKey(String key, ByteBuf target) {
        int _ = ByteBufUtil.writeUtf8(target, key);
    }

    @Override
    public void encodeValue(byte[] value, ByteBuf target) {
        var _ = target.writeBytes(value);
    }

    @Override
    public int estimateSize(Object keyOrValue) {
        return switch (keyOrValue) {
            case byte[] value -> value.length;
            case String key -> ByteBufUtil.utf8Bytes(key);
            default ->
                    throw new IllegalArgumentException(
                            "keys are text and values are bytes, not " + keyOrValue.getClass());
        };
    }

    @Override
    public boolean isEstimateExact() {
        return true;
    }
}
