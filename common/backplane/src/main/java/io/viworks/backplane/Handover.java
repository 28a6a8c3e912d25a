package io.viworks.backplane;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandEncoder;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;

/**
 * The request by which Lettuce gives up a connection that it has dialled and logged in. It comes to
 * no encoder: a handler at the end of the pipeline takes it, and from then on what Redis says goes
 * to an ear, before Lettuce would see it but after TLS.
 */
final class Handover extends Command<String, byte[], String> {
    private final Pipe.Ear ear;

    private Handover(Pipe.Ear ear) {
        super(CommandType.ECHO, new StatusOutput<>(TextKeys.CODEC));
        this.ear = ear;
    }

    /** Gives a connection over, soon. Nothing may be asked through it any more. */
    static void of(StatefulRedisConnection<String, byte[]> connection, Pipe.Ear ear) {
        var _ = connection.dispatch(new Handover(ear));
    }

    /** Makes the connections of a client such that they can be given over. */
    static NettyCustomizer customizer() {
        return new NettyCustomizer() {
            @Override
            public void afterChannelInitialized(Channel channel) {
                channel.pipeline().addLast("viw.handover", new Taker());
            }
        };
    }

    /** Waits for the request. */
    private static final class Taker extends ChannelOutboundHandlerAdapter {
        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            if (message instanceof Handover handover) {
                ChannelHandlerContext encoder = ctx.pipeline().context(CommandEncoder.class);
                ctx.pipeline().addBefore(encoder.name(), "viw.pipe", new Taken(handover.ear));
                promise.setSuccess();
                handover.complete();
            } else {
                var _ = ctx.write(message, promise);
            }
        }
    }

    /** Reads and writes in place of Lettuce. */
    private static final class Taken extends ChannelInboundHandlerAdapter
            implements Pipe.Line, Replies.Ear {
        private final Pipe.Ear ear;
        private final Replies replies = new Replies();
        private ChannelHandlerContext context;

        @SuppressWarnings("NullAway.Init") // set when it is added, before all else
        Taken(Pipe.Ear ear) {
            this.ear = ear;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            context = ctx;
            ear.opened(this);
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            try {
                replies.read(bytes, this);
            } catch (IllegalArgumentException strange) {
                close();
            } finally {
                bytes.release();
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            ear.answersEnd();
        }

        @Override
        public void done() {
            ear.answered(null);
        }

        @Override
        public void refused(String error) {
            ear.answered(Failures.translated(new RedisCommandExecutionException(error)));
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            ear.lost(this);
            ctx.fireChannelInactive();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            close();
        }

        @Override
        public void write(ByteBuf requests) {
            var _ = context.write(requests, context.voidPromise());
        }

        @Override
        public void flush() {
            var _ = context.flush();
        }

        @Override
        public void close() {
            var _ = context.close();
        }
    }
}
