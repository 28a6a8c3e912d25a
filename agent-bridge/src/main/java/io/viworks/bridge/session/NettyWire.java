package io.viworks.bridge.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import io.viworks.protocol.CloseCode;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.netty.NettyPipeline;

/**
 * A socket on its Netty channel. It stands before reactor-netty's own handler and takes every frame
 * itself, for three reasons: bytes waiting to leave are counted exactly; a reader that does not
 * read can be cut off; and a close waits for the other side's, so that a flood still under way does
 * not turn the close code into a reset.
 */
final class NettyWire extends ChannelInboundHandlerAdapter implements Wire {
    private static final Logger log = LoggerFactory.getLogger(NettyWire.class);

    /** Longest wait for the other side's close, then the channel is cut. */
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(3);

    /** Longest reason of a close in bytes (RFC 6455, section 5.5). */
    private static final int MAX_REASON = 123;

    private final Channel channel;
    private @Nullable Ear ear;
    private boolean closing;

    private NettyWire(Channel channel) {
        this.channel = channel;
    }

    /**
     * Takes an upgraded channel over. On its event loop, before anything was read.
     *
     * @param messageLimit bytes of one message, of however many frames
     */
    static NettyWire on(Channel channel, int messageLimit) {
        NettyWire wire = new NettyWire(channel);
        ChannelPipeline pipeline = channel.pipeline();
        String last = NettyPipeline.ReactiveBridge;
        pipeline.addBefore(last, "viw.pieces", new Pieces());
        pipeline.addBefore(last, "viw.whole", new WebSocketFrameAggregator(messageLimit));
        // Keeps what was decoded already when reading is paused.
        pipeline.addBefore(last, "viw.flow", new FlowControlHandler());
        pipeline.addBefore(last, "viw.wire", wire);
        return wire;
    }

    /** Starts to read, for this listener. */
    void start(Ear listener) {
        ear = listener;
        var _ = channel.config().setAutoRead(true);
        var _ = channel.read();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            read(message);
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void read(Object message) {
        Ear listener = ear;
        if (listener == null) {
            return;
        }
        if (message instanceof CloseWebSocketFrame close) {
            closeFrame(close, listener);
        } else if (closing) {
            return;
        } else {
            switch (message) {
                case TextWebSocketFrame text -> listener.text(ByteBufUtil.getBytes(text.content()));
                case BinaryWebSocketFrame _ -> listener.binary();
                case PingWebSocketFrame ping -> {
                    // Only the latest ping needs an answer: to one who does not read, none.
                    if (channel.isWritable()) {
                        var _ =
                                channel.writeAndFlush(
                                        new PongWebSocketFrame(ping.content().retain()));
                    }
                    listener.alive();
                }
                case PongWebSocketFrame _ -> listener.alive();
                default -> {}
            }
        }
    }

    private void closeFrame(CloseWebSocketFrame close, Ear listener) {
        if (closing) {
            var _ = channel.close();
            return;
        }
        closing = true;
        int code = close.statusCode() < 0 ? 1005 : close.statusCode();
        ByteBuf echo = close.content().retainedDuplicate();
        var _ =
                channel.writeAndFlush(new CloseWebSocketFrame(true, 0, echo))
                        .addListener(ChannelFutureListener.CLOSE);
        cutIn(CLOSE_WAIT);
        listener.closedByPeer(code, close.reasonText());
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        Ear listener = ear;
        if (channel.isWritable() && listener != null && !closing) {
            listener.writable();
        }
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Ear listener = ear;
        if (cause instanceof CorruptedWebSocketFrameException) {
            // Whoever found it has answered with a close and passes nothing more on.
            closing = true;
            cutIn(CLOSE_WAIT);
        } else if (cause instanceof TooLongFrameException && listener != null && !closing) {
            listener.tooBig();
        } else {
            log.atDebug().addKeyValue("event", "socket_failed").setCause(cause).log("socket lost");
            var _ = channel.close();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        Ear listener = ear;
        ear = null;
        closing = true;
        if (listener != null) {
            listener.gone();
        }
        ctx.fireChannelInactive();
    }

    @Override
    public void execute(Runnable action) {
        try {
            channel.eventLoop().execute(action);
        } catch (RejectedExecutionException e) {
            log.atDebug().addKeyValue("event", "loop_ended").log("the event loop has ended");
        }
    }

    @Override
    public EventLoop loop() {
        return channel.eventLoop();
    }

    @Override
    public Timer after(Duration delay, Runnable action) {
        ScheduledFuture<?> future =
                channel.eventLoop().schedule(action, delay.toNanos(), TimeUnit.NANOSECONDS);
        return () -> future.cancel(false);
    }

    @Override
    public boolean writable() {
        return channel.isWritable();
    }

    @Override
    public void write(byte[] message, Runnable done) {
        var _ =
                channel.writeAndFlush(new TextWebSocketFrame(Unpooled.wrappedBuffer(message)))
                        .addListener(_ -> done.run());
    }

    @Override
    public void ping() {
        if (!closing && channel.isWritable()) {
            var _ = channel.writeAndFlush(new PingWebSocketFrame());
        }
    }

    @Override
    public void pauseReading() {
        if (!closing) {
            var _ = channel.config().setAutoRead(false);
        }
    }

    @Override
    public void resumeReading() {
        var _ = channel.config().setAutoRead(true);
    }

    @Override
    public void close(CloseCode code, String reason) {
        if (closing) {
            return;
        }
        closing = true;
        // What still comes is read and dropped, up to the other side's close.
        resumeReading();
        String text = reason.length() <= MAX_REASON ? reason : reason.substring(0, MAX_REASON);
        var _ = channel.writeAndFlush(new CloseWebSocketFrame(code.code(), text));
        cutIn(CLOSE_WAIT);
    }

    private void cutIn(Duration wait) {
        ScheduledFuture<?> cut =
                channel.eventLoop()
                        .schedule(
                                () -> {
                                    var _ = channel.close();
                                },
                                wait.toMillis(),
                                TimeUnit.MILLISECONDS);
        var _ = channel.closeFuture().addListener(_ -> cut.cancel(false));
    }
}
