package io.viworks.bench.ingest;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** One agent of the floor: WELCOME for its first frame, a record for every other. */
final class BareAgent extends SimpleChannelInboundHandler<WebSocketFrame> {
    private static final int MAX_FRAME = 256 * 1024;

    /** Of this process, as of a bridge. */
    private static final UUID BRIDGE = UUID.randomUUID();

    private final String agent;
    private final BareSink sink;
    private final BareCommands commands;
    private final ByteBuf head;
    private boolean welcome;
    private long n;

    BareAgent(String agent, BareSink sink, BareCommands commands) {
        this.agent = agent;
        this.sink = sink;
        this.commands = commands;
        this.head = Unpooled.directBuffer(512);
        BareSink.head(head, agent, BRIDGE, UUID.randomUUID(), UUID.randomUUID());
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) {
        if (!(frame instanceof TextWebSocketFrame) || frame.content().readableBytes() > MAX_FRAME) {
            return;
        }
        if (!welcome) {
            welcome = true;
            commands.joined(agent, ctx.channel());
            String text =
                    """
                    {"type":"WELCOME","session_id":"%s","conn_id":"%s","heartbeat_s":20}\
                    """
                            .formatted(UUID.randomUUID(), UUID.randomUUID());
            var _ =
                    ctx.writeAndFlush(
                            new TextWebSocketFrame(
                                    Unpooled.copiedBuffer(text, StandardCharsets.UTF_8)));
            return;
        }
        n++;
        sink.frame(head, n, frame.content());
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        head.release();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        var _ = ctx.close();
    }
}
