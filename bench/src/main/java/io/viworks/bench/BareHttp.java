package io.viworks.bench;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;

/**
 * An HTTP server that does nothing: every POST has one answer and every GET another, as long as the
 * product's are.
 *
 * <p>Arguments: its port, bytes of the answer to a POST, of that to a GET.
 */
public final class BareHttp {
    private static final int MAX_BODY = 65_536;

    private BareHttp() {}

    public static void main(String[] args) throws InterruptedException {
        ByteBuf accepted = text(Integer.parseInt(args[1]));
        ByteBuf shown = text(Integer.parseInt(args[2]));
        new ServerBootstrap()
                .group(new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory()))
                .channel(EpollServerSocketChannel.class)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(
                        new ChannelInitializer<Channel>() {
                            @Override
                            protected void initChannel(Channel channel) {
                                channel.pipeline()
                                        .addLast(new HttpServerCodec())
                                        .addLast(new HttpObjectAggregator(MAX_BODY))
                                        .addLast(new Answers(accepted, shown));
                            }
                        })
                .bind("127.0.0.1", Integer.parseInt(args[0]))
                .sync()
                .channel()
                .closeFuture()
                .sync();
    }

    private static ByteBuf text(int bytes) {
        return Unpooled.unreleasableBuffer(
                Unpooled.copiedBuffer("x".repeat(bytes), StandardCharsets.US_ASCII));
    }

    private static final class Answers extends SimpleChannelInboundHandler<FullHttpRequest> {
        private final ByteBuf accepted;
        private final ByteBuf shown;

        Answers(ByteBuf accepted, ByteBuf shown) {
            this.accepted = accepted;
            this.shown = shown;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
            boolean post = request.method().equals(HttpMethod.POST);
            ByteBuf body = (post ? accepted : shown).duplicate();
            FullHttpResponse answer =
                    new DefaultFullHttpResponse(
                            HttpVersion.HTTP_1_1,
                            post ? HttpResponseStatus.ACCEPTED : HttpResponseStatus.OK,
                            body);
            answer.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
                    .set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
            var _ = ctx.writeAndFlush(answer);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            var _ = ctx.close();
        }
    }
}
