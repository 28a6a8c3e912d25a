package io.viworks.bench.ingest;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.viworks.bench.load.Credentials;
import io.viworks.bench.load.LoadPlan;
import java.util.HashMap;
import java.util.Map;

/**
 * The floor: a WebSocket server written by hand on Netty. It upgrades, looks at the proof or does
 * not, checks a frame's length, and either only counts frames or writes each to Redis as the record
 * the contract wants, with nothing else on the way; commands go the other way.
 *
 * <p>Arguments: its port, that of Redis or 0, how agents prove who they are, the secret, threads.
 */
public final class BareBridge {
    private BareBridge() {}

    public static void main(String[] args) throws InterruptedException {
        int port = Integer.parseInt(args[0]);
        int redis = Integer.parseInt(args[1]);
        LoadPlan.Auth auth = LoadPlan.Auth.valueOf(args[2]);
        Credentials credentials = new Credentials(auth, args[3]);
        int loops = Integer.parseInt(args[4]);
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(loops, EpollIoHandler.newFactory());
        Map<EventLoop, BareSink> sinks = new HashMap<>();
        for (int i = 0; i < loops; i++) {
            EventLoop loop = group.next();
            sinks.put(loop, redis == 0 ? BareSink.counting() : BareSink.redis(loop, redis));
        }
        BareCommands commands = new BareCommands();
        if (redis != 0) {
            commands.start(redis);
        }
        new ServerBootstrap()
                .group(group)
                .channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 4096)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(
                        new ChannelInitializer<Channel>() {
                            @Override
                            protected void initChannel(Channel channel) {
                                BareSink sink = sinks.get(channel.eventLoop());
                                if (sink == null) {
                                    throw new IllegalStateException("a loop without a sink");
                                }
                                channel.pipeline()
                                        .addLast(new HttpServerCodec())
                                        .addLast(new HttpObjectAggregator(16_384))
                                        .addLast(
                                                new BareUpgrade(
                                                        auth,
                                                        credentials,
                                                        args[3],
                                                        sink,
                                                        commands));
                            }
                        })
                .bind("127.0.0.1", port)
                .sync()
                .channel()
                .closeFuture()
                .sync();
    }
}
