package io.viworks.bench.peers;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler;
import io.viworks.bench.load.ClientFrames;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The process of a peer's clients, on one thread; it takes the orders {@code connect}, {@code
 * full}, {@code rate} and {@code report} as the generator of agents does. With MQTT it holds the
 * persistent subscriber as well.
 */
public final class PeerLoad {
    private static final int TICK_MICROS = 1_000;
    private static final long CONNECT_PATIENCE_S = 120;

    private final String protocol;
    private final int port;
    private final int clients;
    private final int bytes;
    private final PeerTally tally = new PeerTally();
    private final EventLoop loop =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory()).next();
    private final List<PeerClient> all = new ArrayList<>();
    private double perSecond;
    private double due;
    private long lastTick = System.nanoTime();
    private int next;

    private PeerLoad(String protocol, int port, int clients, int bytes) {
        this.protocol = protocol;
        this.port = port;
        this.clients = clients;
        this.bytes = bytes;
        var _ =
                loop.scheduleAtFixedRate(
                        this::tick, TICK_MICROS, TICK_MICROS, TimeUnit.MICROSECONDS);
    }

    /** Takes the protocol, the port, how many clients there are, and the bytes of a message. */
    public static void main(String[] args) throws IOException, InterruptedException {
        PeerLoad load =
                new PeerLoad(
                        args[0],
                        Integer.parseInt(args[1]),
                        Integer.parseInt(args[2]),
                        Integer.parseInt(args[3]));
        BufferedReader in =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ", -1);
            int number = words.length > 1 ? Integer.parseInt(words[1]) : 0;
            System.out.println(load.obey(words[0], number));
        }
        System.exit(0);
    }

    private String obey(String order, int number) throws InterruptedException {
        return switch (order) {
            case "connect" -> connect(number);
            case "full" -> {
                pace(0, Math.max(1, number / clients));
                yield "ok";
            }
            case "rate" -> {
                pace(number, 0);
                yield "ok";
            }
            case "report" -> tally.tell();
            default -> throw new IllegalArgumentException("there is no order \"" + order + "\"");
        };
    }

    private void pace(int rate, int each) {
        loop.execute(() -> {
            perSecond = rate;
            due = 0;
            all.forEach(client -> client.keep(each));
        });
    }

    private void tick() {
        long now = System.nanoTime();
        due += perSecond * (now - lastTick) / 1e9;
        lastTick = now;
        if (all.isEmpty()) {
            return;
        }
        // What could not be sent in time is not made up for.
        for (due = Math.min(due, perSecond / 10 + 1); due >= 1; due--) {
            next = (next + 1) % all.size();
            if (all.get(next).publish()) {
                all.get(next).flush();
            }
        }
    }

    // ---- connections

    private String connect(int atOnce) throws InterruptedException {
        long begun = System.nanoTime();
        if (protocol.equals("mqtt")) {
            CountDownLatch listening = new CountDownLatch(1);
            dial(
                    new PeerClient(
                            "subscriber",
                            new MqttSpeech(true),
                            tally,
                            new byte[0],
                            listening::countDown),
                    new MqttSpeech(true));
            listening.await();
        }
        CountDownLatch settled = new CountDownLatch(clients);
        AtomicInteger index = new AtomicInteger();
        for (int i = 0; i < Math.min(atOnce, clients); i++) {
            connectNext(index, settled);
        }
        boolean done = settled.await(CONNECT_PATIENCE_S, TimeUnit.SECONDS);
        return "all=" + (done ? 1 : 0) + " nanos=" + (System.nanoTime() - begun);
    }

    private void connectNext(AtomicInteger index, CountDownLatch settled) {
        int mine = index.getAndIncrement();
        if (mine >= clients) {
            return;
        }
        Speech speech = Speech.of(protocol);
        String name = "peer-" + mine;
        PeerClient client =
                new PeerClient(
                        name,
                        speech,
                        tally,
                        Speech.bytes(ClientFrames.telemetry(name, bytes)),
                        () -> {
                            settled.countDown();
                            connectNext(index, settled);
                        });
        loop.execute(() -> all.add(client));
        dial(client, speech);
    }

    private void dial(PeerClient client, Speech speech) {
        WebSocketClientProtocolConfig.Builder upgrade =
                WebSocketClientProtocolConfig.newBuilder()
                        .webSocketUri("ws://127.0.0.1:" + port + "/" + speech.subprotocol())
                        .maxFramePayloadLength(1 << 20);
        if (!speech.subprotocol().isEmpty()) {
            upgrade.subprotocol(speech.subprotocol());
        }
        WebSocketClientProtocolConfig config = upgrade.build();
        var _ =
                new Bootstrap()
                        .group(loop)
                        .channel(EpollSocketChannel.class)
                        .option(ChannelOption.TCP_NODELAY, true)
                        .handler(
                                new ChannelInitializer<Channel>() {
                                    @Override
                                    protected void initChannel(Channel channel) {
                                        channel.pipeline()
                                                .addLast(
                                                        new HttpClientCodec(),
                                                        new HttpObjectAggregator(8_192),
                                                        new WebSocketClientProtocolHandler(config),
                                                        client);
                                    }
                                })
                        .connect("127.0.0.1", port)
                        .addListener(done -> {
                            if (!done.isSuccess()) {
                                client.failed(String.valueOf(done.cause()));
                            }
                        });
    }
}
