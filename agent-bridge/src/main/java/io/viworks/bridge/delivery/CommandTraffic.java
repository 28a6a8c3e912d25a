package io.viworks.bridge.delivery;

import io.netty.channel.EventLoop;
import io.viworks.backplane.Answers;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.delivery.DeadBridges;
import io.viworks.backplane.delivery.Deliveries;
import io.viworks.backplane.ownership.Owners;
import io.viworks.backplane.stream.ConsumerLoop;
import io.viworks.backplane.stream.LoopOptions;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamTrim;
import io.viworks.backplane.stream.Subscription;
import io.viworks.bridge.metrics.BridgeMeters;
import io.viworks.bridge.session.Sessions;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.verb.VerbCatalogue;
import io.viworks.service.Pulse;
import io.viworks.service.trace.Tracing;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * The commands' way through this bridge: it reads the public door and its own stream, and looks
 * after what dead bridges left.
 */
public final class CommandTraffic {
    /** What is not decided by then another bridge decides: a drain has no time to wait for more. */
    private static final LoopOptions OPTIONS =
            LoopOptions.standard().withCloseWait(Duration.ofSeconds(4));

    /** Between two looks at what of its own stream is done. */
    private static final Duration TRIM_EVERY = Duration.ofSeconds(10);

    private final BridgeId bridge;
    private final ConsumerLoop<StreamRecord.OfCommands> publicDoor;
    private final ConsumerLoop<StreamRecord.OfCommands> ownStream;
    private final DeadBridges deadBridges;
    private final StreamTrim trim;
    private volatile List<Pulse> upkeep = List.of();

    /**
     * Reads nothing yet.
     *
     * @param sealed who may be given commands with secrets, and what opens them
     * @param signedOnly whether a command without a signature is refused
     * @param loops gives one of the sessions' event loops: each stream is read on one, which so has
     *     the commands of its own sessions in hand
     */
    public CommandTraffic(
            BridgeId bridge,
            RedisConnections redis,
            Sessions sessions,
            BridgeMeters meters,
            Tracing tracing,
            InstantSource clock,
            Supplier<UUID> ids,
            SealedCommands sealed,
            boolean signedOnly,
            Supplier<EventLoop> loops) {
        this.bridge = bridge;
        this.trim = new StreamTrim(redis);
        Deliveries deliveries = new Deliveries(redis, bridge);
        HandMadeCommands handMade = new HandMadeCommands(VerbCatalogue.standard(), ids);
        RecordCheck check = new RecordCheck(handMade, signedOnly);
        Deliverer deliverer =
                new Deliverer(
                        deliveries, check, handMade, sealed, meters, tracing, clock, signedOnly);
        Router router =
                new Router(
                        bridge, new Owners(redis), deliveries, sessions, check, deliverer, meters);
        this.deadBridges = new DeadBridges(redis, deliveries, handMade::bytes, clock);
        this.publicDoor =
                new ConsumerLoop<>(
                        redis,
                        subscription(Keys.COMMANDS),
                        router.ofPublicDoor(),
                        letter -> deliverer.settingAside(letter.record()),
                        OPTIONS,
                        meters.registry(),
                        loops.get());
        this.ownStream =
                new ConsumerLoop<>(
                        redis,
                        subscription(Keys.commandsOf(bridge)),
                        router.ofOwnStream(),
                        letter -> deliverer.settingAside(letter.record()),
                        OPTIONS,
                        meters.registry(),
                        loops.get());
    }

    private Subscription<StreamRecord.OfCommands> subscription(String stream) {
        return new Subscription<>(
                stream, Keys.GROUP_AGENT_BRIDGE, bridge.toString(), StreamRecord.OfCommands.class);
    }

    public void start() {
        publicDoor.start();
        ownStream.start();
        upkeep =
                List.of(
                        Pulse.start(
                                "dead bridges",
                                DeadBridges.LOOK_EVERY,
                                () -> {
                                    int _ = deadBridges.look();
                                }),
                        Pulse.start("own stream", TRIM_EVERY, this::trim));
    }

    /** Whether both streams are read. */
    public boolean alive() {
        return publicDoor.alive() && ownStream.alive();
    }

    /** Takes no more from the public door: the other bridges have it. */
    public void stopPublicDoor() {
        upkeep.forEach(Pulse::close);
        publicDoor.close();
    }

    /** Nobody else trims a bridge's own stream: it goes with the bridge. */
    private void trim() {
        long _ =
                Answers.await(trim.trim(Keys.commandsOf(bridge), List.of(Keys.GROUP_AGENT_BRIDGE)));
    }

    /** Reads its own stream no more. */
    public void stopOwnStream() {
        ownStream.close();
    }

    /**
     * Gives back what is left in its own stream; blocks.
     *
     * @return how many records
     * @throws io.viworks.backplane.WorldAway when Redis is away: the others settle it later
     */
    public int settleOwnStream() {
        trim();
        return deadBridges.settle(bridge);
    }
}
