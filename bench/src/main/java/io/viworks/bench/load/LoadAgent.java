package io.viworks.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One agent on one channel: shakes hands, says HELLO, sends what it is told to, answers commands
 * with ACK and RESULT. For its event loop.
 */
final class LoadAgent extends ChannelInboundHandlerAdapter {
    /** Where the type stands in a frame of the bridge: it writes it first. */
    private static final int TYPE_AT = "{\"type\":\"".length();

    private static final WebSocketDecoderConfig DECODER =
            WebSocketDecoderConfig.newBuilder()
                    .expectMaskedFrames(false)
                    .allowExtensions(false)
                    .maxFramePayloadLength(1 << 20)
                    .withUTF8Validator(false)
                    .build();

    private final String id;
    private final LoadPlan plan;
    private final Tally tally;
    private final ByteBuf telemetry;
    private final byte[] request;
    private final Runnable settled;
    private final long begun = System.nanoTime();
    private @Nullable Channel channel;
    private boolean live;
    private boolean hasSettled;
    private long askedAt;
    private long resultAt;

    /**
     * Not connected yet.
     *
     * @param settled told once, when it is live or will never be
     */
    LoadAgent(
            String id,
            LoadPlan plan,
            Tally tally,
            ByteBuf telemetry,
            byte[] request,
            Runnable settled) {
        this.id = id;
        this.plan = plan;
        this.tally = tally;
        this.telemetry = telemetry;
        this.request = request;
        this.settled = settled;
    }

    /** Reads the answer to the handshake, then makes way for the decoder of frames. */
    private final class Answer extends ByteToMessageDecoder {
        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
            int end = endOfHead(in);
            if (end < 0) {
                return;
            }
            String head = in.toString(in.readerIndex(), end, StandardCharsets.US_ASCII);
            if (!head.startsWith("HTTP/1.1 101")) {
                tally.errors.increment();
                var _ = ctx.close();
                return;
            }
            in.skipBytes(end);
            ctx.pipeline().replace(this, "frames", new WebSocket13FrameDecoder(DECODER));
            send(ClientFrames.text(ClientFrames.hello(id, plan.journal())));
        }

        private static int endOfHead(ByteBuf in) {
            for (int i = in.readerIndex() + 3; i < in.writerIndex(); i++) {
                if (in.getByte(i) == '\n' && in.getByte(i - 2) == '\n') {
                    return i + 1 - in.readerIndex();
                }
            }
            return -1;
        }
    }

    @Override
    public void channelRegistered(ChannelHandlerContext ctx) {
        channel = ctx.channel();
        ctx.pipeline().addFirst("answer", new Answer());
        ctx.fireChannelRegistered();
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        var _ = ctx.writeAndFlush(Unpooled.wrappedBuffer(request));
    }

    boolean isLive() {
        return live;
    }

    /** Writes its TELEMETRY without a flush; false when its socket takes no more. */
    boolean telemetry() {
        Channel open = channel;
        if (!live || open == null || !open.isWritable()) {
            return false;
        }
        var _ = open.write(telemetry.retainedDuplicate(), open.voidPromise());
        return true;
    }

    void flush() {
        if (channel != null) {
            var _ = channel.flush();
        }
    }

    void heartbeat() {
        if (live && askedAt == 0) {
            askedAt = System.nanoTime();
            send(ClientFrames.text(ClientFrames.heartbeat(id)));
        }
    }

    void disconnect() {
        live = false;
        if (channel != null) {
            var _ = channel.close();
        }
    }

    private void send(ByteBuf bytes) {
        if (channel != null) {
            var _ = channel.writeAndFlush(bytes, channel.voidPromise());
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            switch (message) {
                case TextWebSocketFrame text -> text(text.content());
                case PingWebSocketFrame ping -> {
                    byte[] payload = new byte[ping.content().readableBytes()];
                    ping.content().getBytes(ping.content().readerIndex(), payload);
                    send(ClientFrames.pong(payload));
                }
                case CloseWebSocketFrame _ -> {
                    var _ = ctx.close();
                }
                default -> {}
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    /** By the first letters of its type, without reading the rest. */
    private void text(ByteBuf frame) {
        if (frame.readableBytes() < TYPE_AT + 2) {
            return;
        }
        int at = frame.readerIndex() + TYPE_AT;
        switch (frame.getByte(at)) {
            case 'W' -> welcome();
            case 'P' -> answered();
            case 'C' -> {
                if (frame.getByte(at + 1) == 'O') {
                    command(frame.toString(StandardCharsets.UTF_8));
                }
            }
            case 'R' -> confirmed();
            case 'E' -> tally.errors.increment();
            default -> {}
        }
    }

    private void welcome() {
        live = true;
        tally.handshake.since(begun);
        settle();
    }

    private void answered() {
        if (askedAt != 0) {
            tally.answer.since(askedAt);
            askedAt = 0;
        }
    }

    private void confirmed() {
        if (resultAt != 0) {
            tally.confirmation.since(resultAt);
            resultAt = 0;
        }
    }

    private void command(String frame) {
        tally.commands.increment();
        String name = "\"correlation_id\":\"";
        int at = frame.indexOf(name);
        if (at < 0 || at + name.length() + 36 > frame.length()) {
            tally.errors.increment();
            return;
        }
        String id36 = frame.substring(at + name.length(), at + name.length() + 36);
        UUID command = UUID.fromString(id36);
        if (Stamped.is(command)) {
            tally.command.since(Stamped.nanos(command));
        }
        send(ClientFrames.text(ClientFrames.ack(id, id36)));
        Channel open = channel;
        if (plan.thinkMs() == 0 || open == null) {
            result(id36);
        } else {
            var _ =
                    open.eventLoop()
                            .schedule(() -> result(id36), plan.thinkMs(), TimeUnit.MILLISECONDS);
        }
    }

    private void result(String command) {
        tally.results.increment();
        resultAt = System.nanoTime();
        send(ClientFrames.text(ClientFrames.result(id, command)));
    }

    private void settle() {
        if (!hasSettled) {
            hasSettled = true;
            settled.run();
        }
    }

    /** It could not even connect. */
    void failed() {
        tally.errors.increment();
        settle();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (live) {
            live = false;
            tally.lostConnections.increment();
        }
        settle();
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        tally.errors.increment();
        var _ = ctx.close();
    }
}
