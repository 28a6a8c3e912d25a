package io.viworks.bench.ingest;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Where the floor's frames go: nowhere, or by RESP written by hand over one connection of the same
 * thread, one write for all that a turn of the loop brought. For that loop.
 */
final class BareSink {
    /** Of the command, up to the id that Redis chooses. */
    private static final List<String> COMMAND =
            List.of("XADD", "viw.telemetry", "MAXLEN", "~", "100000", "*");

    /** Fields and their names, of every record. */
    private static final int FIELDS = 11;

    private static final byte[] TS = ascii("$2\r\nts\r\n");
    private static final byte[] N = ascii("$1\r\nn\r\n");
    private static final byte[] FRAME = ascii("$5\r\nframe\r\n");

    private final @Nullable Channel redis;
    private @Nullable ByteBuf turn;
    private long textOf;
    private byte[] ts = new byte[0];

    private BareSink(@Nullable Channel redis) {
        this.redis = redis;
    }

    static BareSink counting() {
        return new BareSink(null);
    }

    static BareSink redis(EventLoop loop, int port) throws InterruptedException {
        return new BareSink(
                new Bootstrap()
                        .group(loop)
                        .channel(EpollSocketChannel.class)
                        .handler(
                                new ChannelInboundHandlerAdapter() {
                                    @Override
                                    public void channelRead(ChannelHandlerContext ctx, Object ids) {
                                        ReferenceCountUtil.release(ids);
                                    }
                                })
                        .connect("127.0.0.1", port)
                        .sync()
                        .channel());
    }

    /** What is the same in every record of a session. */
    static void head(ByteBuf out, String agent, UUID bridge, UUID conn, UUID session) {
        out.writeBytes(ascii("*" + (COMMAND.size() + 2 * FIELDS) + "\r\n"));
        COMMAND.forEach(word -> bulk(out, ascii(word)));
        field(out, "v", "1");
        field(out, "kind", "TELEMETRY");
        field(out, "agent_id", agent);
        field(out, "bridge_id", bridge.toString());
        field(out, "conn_id", conn.toString());
        field(out, "session_id", session.toString());
        field(out, "instance_uid", session.toString());
        field(out, "epoch", Long.toString(System.currentTimeMillis()));
    }

    private static void field(ByteBuf out, String name, String value) {
        out.writeBytes(ascii("$" + name.length() + "\r\n" + name + "\r\n"));
        bulk(out, ascii(value));
    }

    private static void bulk(ByteBuf out, byte[] value) {
        length(out, value.length);
        out.writeBytes(value);
        end(out);
    }

    private static void length(ByteBuf out, int length) {
        out.writeByte('$');
        digits(out, length);
        end(out);
    }

    private static void end(ByteBuf out) {
        out.writeShort('\r' << 8 | '\n');
    }

    private static void digits(ByteBuf out, long number) {
        if (number >= 10) {
            digits(out, number / 10);
        }
        out.writeByte((int) ('0' + number % 10));
    }

    void frame(ByteBuf head, long n, ByteBuf frame) {
        Channel to = redis;
        if (to == null) {
            return;
        }
        ByteBuf out = turn;
        if (out == null) {
            out = to.alloc().directBuffer(64 * 1024);
            turn = out;
            to.eventLoop().execute(this::flush);
        }
        out.writeBytes(head, head.readerIndex(), head.readableBytes());
        out.writeBytes(TS);
        bulk(out, now());
        out.writeBytes(N);
        bulk(out, ascii(Long.toString(n)));
        out.writeBytes(FRAME);
        length(out, frame.readableBytes());
        out.writeBytes(frame);
        end(out);
    }

    private byte[] now() {
        long millis = System.currentTimeMillis();
        if (millis != textOf) {
            textOf = millis;
            ts = ascii(Instant.ofEpochMilli(millis).toString());
        }
        return ts;
    }

    private void flush() {
        ByteBuf out = turn;
        turn = null;
        if (out != null && redis != null) {
            var _ = redis.writeAndFlush(out, redis.voidPromise());
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
