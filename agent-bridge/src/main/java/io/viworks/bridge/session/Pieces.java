package io.viworks.bridge.session;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;

/**
 * Looks at frames before they are made whole messages: how many pieces a message has, for empty
 * ones would add up to no size and never end; and that no reserved bit is set, for no extension is
 * negotiated (RFC 6455, section 5.2).
 */
final class Pieces extends ChannelInboundHandlerAdapter {
    /** Pieces of one message; more is too big a message, whatever is in them. */
    static final int MAX = 1_000;

    private int pieces;
    private boolean refused;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof WebSocketFrame frame && !(frame instanceof CloseWebSocketFrame)) {
            look(ctx, frame);
            if (refused) {
                ReferenceCountUtil.release(message);
                return;
            }
        }
        ctx.fireChannelRead(message);
    }

    private void look(ChannelHandlerContext ctx, WebSocketFrame frame) {
        if (refused) {
            return;
        }
        if (frame.rsv() != 0) {
            refused = true;
            WebSocketCloseStatus status = WebSocketCloseStatus.PROTOCOL_ERROR;
            var _ = ctx.writeAndFlush(new CloseWebSocketFrame(status));
            ctx.fireExceptionCaught(
                    new CorruptedWebSocketFrameException(status, "a reserved bit is set"));
            return;
        }
        if (frame instanceof ContinuationWebSocketFrame) {
            pieces = frame.isFinalFragment() ? 0 : pieces + 1;
        }
        if (pieces > MAX) {
            refused = true;
            ctx.fireExceptionCaught(
                    new TooLongFrameException("a message has at most " + MAX + " pieces"));
        }
    }
}
