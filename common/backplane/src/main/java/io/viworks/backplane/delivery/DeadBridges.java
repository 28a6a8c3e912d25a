package io.viworks.backplane.delivery;

import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.StreamMessage;
import io.viworks.backplane.Answers;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.Script;
import io.viworks.backplane.ownership.Owners;
import io.viworks.backplane.stream.MalformedRecord;
import io.viworks.backplane.stream.RecordFields;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.FrameCodec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Releases what dead bridges left in their streams (spec 3.6). Every bridge looks; the scripts make
 * it harmless that several do at once. Not thread-safe; blocks.
 *
 * <p>A bridge is dead when its key was missing at every look for a minute. Looks too far apart do
 * not count: after an outage of Redis every key is missing for a moment.
 */
public final class DeadBridges {
    /** How long the key must be gone. */
    public static final Duration GONE = Duration.ofMinutes(1);

    /** Between two looks. */
    public static final Duration LOOK_EVERY = Duration.ofSeconds(10);

    /** Looks further apart than this begin anew. */
    private static final Duration TOO_FAR_APART = Duration.ofSeconds(30);

    /** How long a bridge that left nothing is looked at again, for what is sent to it late. */
    private static final Duration LOOKED_AT_AGAIN = Duration.ofMinutes(10);

    private static final int PIECE = 100;

    private static final Logger log = LoggerFactory.getLogger(DeadBridges.class);
    private static final Script TAKE = Script.named("take-left");
    private static final Script FINISH = Script.named("finish-left");
    private static final Script FORGET = Script.named("forget-bridge");

    private final RedisConnections connections;
    private final Owners owners;
    private final Deliveries deliveries;
    private final Function<StreamRecord.HandMade, Bytes> envelopes;
    private final InstantSource clock;
    private final FrameCodec codec = new FrameCodec();
    private final Map<BridgeId, Instant> missingSince = new HashMap<>();
    private Instant lastLook = Instant.EPOCH;

    /**
     * For one bridge that looks after the others.
     *
     * @param envelopes makes the envelope of a record made by hand, as for its delivery
     */
    public DeadBridges(
            RedisConnections connections,
            Deliveries deliveries,
            Function<StreamRecord.HandMade, Bytes> envelopes,
            InstantSource clock) {
        this.connections = connections;
        this.owners = new Owners(connections);
        this.deliveries = deliveries;
        this.envelopes = envelopes;
        this.clock = clock;
    }

    /**
     * Looks once; to be called every {@link #LOOK_EVERY}.
     *
     * @return how many records were settled
     * @throws io.viworks.backplane.WorldAway when Redis is away; what is left is found next time
     */
    public int look() {
        Instant now = clock.instant();
        if (Duration.between(lastLook, now).compareTo(TOO_FAR_APART) > 0) {
            missingSince.clear();
        }
        Set<BridgeId> missing = missing();
        lastLook = now;
        missingSince.keySet().retainAll(missing);
        int settled = 0;
        for (BridgeId bridge : missing) {
            Instant since = missingSince.computeIfAbsent(bridge, _ -> now);
            if (Duration.between(since, now).compareTo(GONE) >= 0) {
                settled += settle(bridge);
            }
        }
        return settled;
    }

    private Set<BridgeId> missing() {
        List<BridgeId> known = new ArrayList<>();
        for (byte[] id :
                Answers.await(connections.ask(redis -> redis.zrange(Keys.BRIDGES, 0, -1)))) {
            known.add(BridgeId.of(Bytes.of(id).utf8()));
        }
        Set<BridgeId> missing = new HashSet<>(known);
        missing.removeAll(Answers.await(owners.living(known)));
        return missing;
    }

    /**
     * Settles what one bridge left, until nothing is there: also for a bridge that leaves, itself.
     *
     * @return how many records were settled
     */
    public int settle(BridgeId bridge) {
        int settled = 0;
        while (isTaken(bridge)) {
            settled += releaseAll(bridge);
        }
        Answers.await(
                FORGET.run(
                        connections,
                        Script.keys(
                                Keys.BRIDGES, Keys.commandsOf(bridge), Keys.commandsLeftBy(bridge)),
                        Script.args(bridge, LOOKED_AT_AGAIN.toMillis())));
        if (settled > 0) {
            log.atWarn()
                    .addKeyValue("event", "dead_bridge_settled")
                    .addKeyValue("bridge_id", bridge)
                    .log("Settled {} records a dead bridge left", settled);
        }
        return settled;
    }

    /** Renames the bridge's stream, unless one taken before is not finished. */
    private boolean isTaken(BridgeId bridge) {
        return Script.number(
                        Answers.await(
                                TAKE.run(
                                        connections,
                                        Script.keys(
                                                Keys.commandsOf(bridge),
                                                Keys.commandsLeftBy(bridge)),
                                        Script.args())),
                        0)
                == 1;
    }

    private int releaseAll(BridgeId bridge) {
        String left = Keys.commandsLeftBy(bridge);
        int settled = 0;
        while (true) {
            List<StreamMessage<String, byte[]>> piece =
                    Answers.await(
                            connections.ask(redis ->
                                    redis.xrange(left, Range.unbounded(), Limit.from(PIECE))));
            if (piece.isEmpty()) {
                Answers.await(FINISH.run(connections, Script.keys(left), Script.args()));
                return settled;
            }
            for (StreamMessage<String, byte[]> message : piece) {
                release(message);
                Answers.await(connections.ask(redis -> redis.xdel(left, message.getId())));
                settled++;
            }
        }
    }

    /** What is no command needs no release: the ledger says it again, or the session is gone. */
    private void release(StreamMessage<String, byte[]> message) {
        try {
            switch (RecordFields.read(
                    StreamRecord.OfCommands.class, message.getId(), message.getBody())) {
                case StreamRecord.Command command ->
                        Answers.await(deliveries.release(command, expiresAt(command)));
                case StreamRecord.HandMade made ->
                        Answers.await(deliveries.release(made, envelopes.apply(made)));
                case StreamRecord.Cancel _, StreamRecord.JobQuery _, StreamRecord.Close _ -> {}
            }
        } catch (MalformedRecord malformed) {
            log.atError()
                    .addKeyValue("event", "record_unreadable")
                    .addKeyValue("error", malformed.getMessage())
                    .log("Dropped {} of a dead bridge", message.getId());
        }
    }

    /** The deadline in the envelope; null when it is sealed or unreadable. */
    private @Nullable Instant expiresAt(StreamRecord.Command command) {
        return switch (command.payload()) {
            case StreamRecord.Payload.Sealed _ -> null;
            case StreamRecord.Payload.Clear(var envelope, _) -> {
                try {
                    yield codec.decodeEnvelope(envelope.array()).expiresAt();
                } catch (BadFrame _) {
                    yield null;
                }
            }
        };
    }
}
