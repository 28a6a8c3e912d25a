package io.viworks.bench.peers;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler.ClientHandshakeStateEvent;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import io.viworks.bench.load.ClientFrames;
import org.jspecify.annotations.Nullable;

/**
 * One client on one channel: greets, publishes the same message again and again, each copy in a
 * slot of its own until it is confirmed. For its event loop.
 */
final class PeerClient extends ChannelInboundHandlerAdapter implements Speech.Heard {
    /** Messages of one client that may wait for their confirmation. */
    static final int SLOTS = 64;

    private final String name;
    private final Speech speech;
    private final PeerTally tally;
    private final byte[] payload;
    private final Runnable settled;
    private final ByteBuf pending = Unpooled.buffer(256);
    private final @Nullable ByteBuf[] messages = new @Nullable ByteBuf[SLOTS];
    private final long[] sentAt = new long[SLOTS];
    private final int[] free = new int[SLOTS];
    private int freeCount = SLOTS;
    private int wanted;
    private @Nullable Channel channel;
    private boolean ready;
    private boolean hasSettled;

    /** Not connected yet. */
    PeerClient(String name, Speech speech, PeerTally tally, byte[] payload, Runnable settled) {
        this.name = name;
        this.speech = speech;
        this.tally = tally;
        this.payload = payload;
        this.settled = settled;
        for (int i = 0; i < SLOTS; i++) {
            free[i] = SLOTS - 1 - i;
        }
    }

    /** So many are to be on their way always; 0 for what is told by {@link #publish} only. */
    void keep(int onTheirWay) {
        wanted = Math.min(SLOTS, onTheirWay);
        fill();
    }

    private void fill() {
        boolean any = false;
        while (SLOTS - freeCount < wanted && publish()) {
            any = true;
        }
        if (any) {
            flush();
        }
    }

    /** Writes one without a flush; false when none may be sent now. */
    boolean publish() {
        Channel open = channel;
        if (!ready || open == null || freeCount == 0 || !open.isWritable()) {
            tally.stalled.increment();
            return false;
        }
        int slot = free[--freeCount];
        sentAt[slot] = System.nanoTime();
        tally.sent.increment();
        var _ = open.write(message(slot).retainedDuplicate(), open.voidPromise());
        return true;
    }

    void flush() {
        if (channel != null) {
            var _ = channel.flush();
        }
    }

    /** Made once for each slot, as it goes over the wire. */
    private ByteBuf message(int slot) {
        ByteBuf made = messages[slot];
        if (made == null) {
            ByteBuf frame = ClientFrames.binary(speech.publish(name, slot, payload));
            made =
                    Unpooled.unreleasableBuffer(
                            Unpooled.directBuffer(frame.readableBytes()).writeBytes(frame));
            frame.release();
            messages[slot] = made;
        }
        return made;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ClientHandshakeStateEvent.HANDSHAKE_COMPLETE) {
            channel = ctx.channel();
            var _ = ctx.writeAndFlush(ClientFrames.binary(speech.greeting(name)));
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            if (message instanceof WebSocketFrame frame) {
                pending.discardReadBytes();
                pending.writeBytes(frame.content());
                speech.read(pending, this);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        fill();
        flush();
    }

    @Override
    public void ready() {
        ready = true;
        settle();
    }

    @Override
    public void confirmed(int slot) {
        tally.confirmed(sentAt[slot]);
        free[freeCount++] = slot;
    }

    @Override
    public void received() {
        tally.received.increment();
    }

    @Override
    public void refused(String why) {
        tally.error(name + ": " + why);
    }

    @Override
    public void reply(byte[] bytes) {
        if (channel != null) {
            var _ = channel.write(ClientFrames.binary(bytes), channel.voidPromise());
        }
    }

    private void settle() {
        if (!hasSettled) {
            hasSettled = true;
            settled.run();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        failed("closed");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        failed(cause.toString());
        var _ = ctx.close();
    }

    /** It is not connected, or no longer. */
    void failed(String why) {
        ready = false;
        tally.error(name + ": " + why);
        settle();
    }
}
