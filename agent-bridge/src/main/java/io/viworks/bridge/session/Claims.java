package io.viworks.bridge.session;

import io.viworks.backplane.WorldAway;
import io.viworks.backplane.delivery.CommandSender;
import io.viworks.backplane.ownership.Claim;
import io.viworks.backplane.ownership.Hold;
import io.viworks.backplane.ownership.OpenedBy;
import io.viworks.backplane.ownership.Owner;
import io.viworks.backplane.ownership.Ownership;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.bridge.metrics.BridgeMeters;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.CloseCode;
import io.viworks.protocol.SessionId;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes agents for sessions of this bridge and gives them back (spec 3.3). Whoever held an agent
 * before is told to close. Thread-safe, never blocks.
 */
public final class Claims {
    private static final Logger log = LoggerFactory.getLogger(Claims.class);

    /** Ends kept to be told once Redis is back; beyond it their owner keys expire by themselves. */
    private static final int MAX_UNTOLD = 20_000;

    private final Ownership ownership;
    private final CommandSender sender;
    private final BridgeId bridge;
    private final BiConsumer<AgentId, SessionId> displacedHere;
    private final BridgeMeters meters;
    private final InstantSource clock;
    private final ConcurrentLinkedQueue<StreamRecord.Gone> untold = new ConcurrentLinkedQueue<>();
    private final AtomicInteger untoldSize = new AtomicInteger();
    private final AtomicInteger underway = new AtomicInteger();

    /**
     * For one bridge.
     *
     * @param displacedHere closes a session of this bridge that has lost its agent
     */
    public Claims(
            Ownership ownership,
            CommandSender sender,
            BridgeId bridge,
            BiConsumer<AgentId, SessionId> displacedHere,
            BridgeMeters meters,
            InstantSource clock) {
        this.ownership = ownership;
        this.sender = sender;
        this.bridge = bridge;
        this.displacedHere = displacedHere;
        this.meters = meters;
        this.clock = clock;
    }

    /** Takes the agent for a new session, from whoever holds it. */
    CompletionStage<Claim> claim(StreamRecord.Hello hello, OpenedBy by) {
        underway.incrementAndGet();
        return ownership
                .claim(hello, by)
                .whenComplete((claim, failure) -> {
                    claimed(hello, "won", claim, failure);
                    underway.decrementAndGet();
                });
    }

    /** Takes the agent back for a session whose key was missing and that was heard since. */
    CompletionStage<Claim> reclaim(StreamRecord.Hello hello, OpenedBy by) {
        return ownership
                .reclaim(hello, by)
                .whenComplete((claim, failure) -> claimed(hello, "reclaimed", claim, failure));
    }

    private void claimed(
            StreamRecord.Hello hello,
            String won,
            @Nullable Claim claim,
            @Nullable Throwable failure) {
        meters.claim(
                switch (claim) {
                    case null -> failure == null ? "failed" : "away";
                    case Claim.Won _ -> won;
                    case Claim.Taken _ -> "taken";
                    case Claim.Refused _ -> "refused";
                    case Claim.CredentialGone _ -> "credential_gone";
                    case Claim.CredentialNeeded _ -> "credential_needed";
                    case Claim.DirectoryAway _ -> "directory_away";
                });
        if (claim instanceof Claim.Won(_, var displaced) && displaced != null) {
            tellDisplaced(hello.agentId(), displaced);
        }
    }

    private void tellDisplaced(AgentId agent, Owner displaced) {
        if (displaced.bridgeId().equals(bridge)) {
            displacedHere.accept(agent, displaced.sessionId());
            return;
        }
        var _ =
                sender.send(
                                displaced.bridgeId(),
                                new StreamRecord.Close(
                                        agent,
                                        clock.instant(),
                                        displaced.sessionId(),
                                        CloseCode.DISPLACED.code()))
                        .whenComplete((_, failure) -> {
                            if (failure != null) {
                                // It learns the same from its next renewal.
                                log.atDebug()
                                        .addKeyValue("event", "displaced_untold")
                                        .addKeyValue("agent_id", agent)
                                        .log("The older session's bridge could not be told");
                            }
                        });
    }

    /** What became of the sessions this bridge holds. */
    public CompletionStage<Map<AgentId, Hold>> renew(Map<AgentId, SessionId> held) {
        return ownership.renew(held);
    }

    /** Ends a session; when Redis is away, later. */
    void release(StreamRecord.Gone gone) {
        underway.incrementAndGet();
        var _ =
                ownership
                        .release(gone)
                        .handle((_, failure) -> {
                            underway.decrementAndGet();
                            if (failure != null) {
                                keep(gone, failure);
                            }
                            return null;
                        });
    }

    private void keep(StreamRecord.Gone gone, Throwable failure) {
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        if (!(failure instanceof WorldAway) && !(cause instanceof WorldAway)) {
            log.atError()
                    .addKeyValue("event", "release_failed")
                    .addKeyValue("agent_id", gone.agentId())
                    .setCause(failure)
                    .log("The end of a session was not told");
            meters.recordLost("GONE");
        } else if (untoldSize.incrementAndGet() > MAX_UNTOLD) {
            untoldSize.decrementAndGet();
            meters.recordLost("GONE");
        } else {
            untold.add(gone);
        }
    }

    /** Tells the ends that could not be told; to be called now and then. */
    public void tellUntold() {
        List<StreamRecord.Gone> now = new ArrayList<>();
        for (var gone = untold.poll(); gone != null; gone = untold.poll()) {
            untoldSize.decrementAndGet();
            now.add(gone);
        }
        now.forEach(this::release);
    }

    /** Claims and ends that Redis has not answered yet, or could not. */
    public int unfinished() {
        return underway.get() + untoldSize.get();
    }
}
