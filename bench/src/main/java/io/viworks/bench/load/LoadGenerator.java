package io.viworks.bench.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.viworks.protocol.AgentId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The process of the generator: reads one order a line from its standard input and answers each
 * with one line. {@link Load} is its other end.
 *
 * <pre>
 * prepare             signs the handshakes, so that this costs nothing later
 * connect AT_ONCE     brings every agent to WELCOME, so many at a time
 * rate PER_SECOND     TELEMETRY of all together, evenly
 * full WINDOW         TELEMETRY as fast as confirmed: so many may be on their way
 * heartbeats MILLIS   of every agent, between two of its own
 * disconnect          ends all connections without a word
 * report              what was seen since the last report
 * </pre>
 */
public final class LoadGenerator {
    /** Between two looks at the count of XADDs, while it paces. */
    private static final long LOOK_MICROS = 1_000;

    private static final long CONNECT_PATIENCE_S = 120;

    private final LoadPlan plan;
    private final Credentials credentials;
    private final Tally tally = new Tally();
    private final EventLoopGroup group;
    private final List<Lane> lanes = new ArrayList<>();
    private final @Nullable XaddCount xadds;
    private final AtomicLong confirmed = new AtomicLong();
    private final List<byte[]> prepared = new ArrayList<>();
    private long confirmedAtReport;
    private volatile boolean watching;

    private LoadGenerator(LoadPlan plan) {
        this.plan = plan;
        this.credentials = new Credentials(plan.auth(), plan.secret());
        this.group = new MultiThreadIoEventLoopGroup(plan.loops(), EpollIoHandler.newFactory());
        for (int i = 0; i < plan.loops(); i++) {
            Lane lane = new Lane(group.next(), tally);
            lanes.add(lane);
            lane.loop().execute(lane::start);
        }
        this.xadds = plan.redisPort() == 0 ? null : new XaddCount(plan.redisPort());
        look();
        confirmedAtReport = confirmed.get();
        Thread.ofPlatform().daemon().name("watch").start(this::watch);
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        LoadGenerator generator = new LoadGenerator(LoadPlan.parse(args));
        BufferedReader in =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ", -1);
            System.out.println(
                    generator.obey(words[0], words.length > 1 ? Long.parseLong(words[1]) : 0));
        }
        System.exit(0);
    }

    private String obey(String order, long number) throws InterruptedException {
        return switch (order) {
            case "prepare" -> prepare();
            case "connect" -> connect(Math.toIntExact(number));
            case "rate" -> {
                watching = false;
                pace(() -> number == 0 ? null : new Steady((double) number / plan.loops()));
                yield "ok";
            }
            case "full" -> {
                AtomicLong sent = new AtomicLong(look());
                watching = true;
                pace(() -> new Full(sent, number));
                yield "ok";
            }
            case "heartbeats" -> {
                for (Lane lane : lanes) {
                    lane.loop().execute(() -> lane.heartbeats(number * 1_000_000));
                }
                yield "ok";
            }
            case "disconnect" -> {
                lanes.forEach(lane -> lane.loop().execute(lane::disconnect));
                yield "ok";
            }
            case "report" -> report();
            default -> throw new IllegalArgumentException("there is no order \"" + order + "\"");
        };
    }

    private String report() {
        long now = look();
        long since = now - confirmedAtReport;
        confirmedAtReport = now;
        long cpu =
                ProcessHandle.current()
                        .info()
                        .totalCpuDuration()
                        .map(TimeUnit.NANOSECONDS::convert)
                        .orElse(0L);
        return tally.tell(Map.of("confirmed", since, "cpu_nanos", cpu));
    }

    // ---- pace

    private interface Paces {
        Lane.@Nullable Pace next();
    }

    private void pace(Paces paces) {
        for (Lane lane : lanes) {
            Lane.Pace next = paces.next();
            lane.loop().execute(() -> lane.pace(next));
        }
    }

    /** So many a second; what could not be sent in time is not made up for. */
    private static final class Steady implements Lane.Pace {
        private final double perSecond;
        private double due;

        Steady(double perSecond) {
            this.perSecond = perSecond;
        }

        @Override
        public long due(long sinceNanos) {
            due += perSecond * sinceNanos / 1e9;
            return (long) due;
        }

        @Override
        public void sent(long frames) {
            due -= Math.floor(due);
        }
    }

    /** As many as keep the window full. */
    private final class Full implements Lane.Pace {
        private final AtomicLong sent;
        private final long window;

        Full(AtomicLong sent, long window) {
            this.sent = sent;
            this.window = window;
        }

        @Override
        public long due(long sinceNanos) {
            return Math.max(0, (confirmed.get() + window - sent.get()) / plan.loops());
        }

        @Override
        public void sent(long frames) {
            sent.addAndGet(frames);
        }
    }

    private void watch() {
        try {
            while (true) {
                TimeUnit.MICROSECONDS.sleep(LOOK_MICROS);
                if (watching) {
                    look();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private long look() {
        if (xadds != null) {
            confirmed.set(xadds.now());
        }
        return confirmed.get();
    }

    // ---- connections

    private String prepare() {
        prepared.clear();
        for (int i = 0; i < plan.agents(); i++) {
            prepared.add(request(i));
        }
        return "ok";
    }

    private byte[] request(int index) {
        return credentials.request(AgentId.of(plan.id(index)), plan.port());
    }

    private String connect(int atOnce) throws InterruptedException {
        AtomicInteger next = new AtomicInteger();
        CountDownLatch settled = new CountDownLatch(plan.agents());
        long begun = System.nanoTime();
        for (int i = 0; i < Math.min(atOnce, plan.agents()); i++) {
            connectNext(next, settled);
        }
        boolean all = settled.await(CONNECT_PATIENCE_S, TimeUnit.SECONDS);
        long took = System.nanoTime() - begun;
        prepared.clear();
        return "all=" + (all ? 1 : 0) + " nanos=" + took;
    }

    private void connectNext(AtomicInteger next, CountDownLatch settled) {
        int index = next.getAndIncrement();
        if (index >= plan.agents()) {
            return;
        }
        Lane lane = lanes.get(index % lanes.size());
        String id = plan.id(index);
        LoadAgent agent =
                new LoadAgent(
                        id,
                        plan,
                        tally,
                        shared(ClientFrames.text(ClientFrames.telemetry(id, plan.frameBytes()))),
                        prepared.isEmpty() ? request(index) : prepared.get(index),
                        () -> {
                            settled.countDown();
                            connectNext(next, settled);
                        });
        lane.loop().execute(() -> dial(lane.loop(), lane, agent, index));
    }

    /** One direct copy that all sends of an agent share. */
    private static ByteBuf shared(ByteBuf frame) {
        ByteBuf direct = Unpooled.directBuffer(frame.readableBytes()).writeBytes(frame);
        frame.release();
        return Unpooled.unreleasableBuffer(direct);
    }

    private void dial(EventLoop loop, Lane lane, LoadAgent agent, int index) {
        lane.add(agent);
        var _ =
                new Bootstrap()
                        .group(loop)
                        .channel(EpollSocketChannel.class)
                        .option(ChannelOption.TCP_NODELAY, true)
                        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 20_000)
                        .handler(
                                new ChannelInitializer<Channel>() {
                                    @Override
                                    protected void initChannel(Channel channel) {
                                        channel.pipeline().addLast("agent", agent);
                                    }
                                })
                        .connect(
                                new InetSocketAddress(
                                        InetAddress.getLoopbackAddress(), plan.port()),
                                new InetSocketAddress(
                                        InetAddress.ofLiteral(
                                                "127.0.0." + (2 + index % plan.sources())),
                                        0))
                        .addListener(done -> {
                            if (!done.isSuccess()) {
                                agent.failed();
                            }
                        });
    }
}
