package io.viworks.bridge.delivery;

import io.viworks.backplane.WorldAway;
import io.viworks.backplane.delivery.Deliveries;
import io.viworks.backplane.ownership.Owner;
import io.viworks.backplane.ownership.Owners;
import io.viworks.backplane.stream.Entry;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.bridge.metrics.BridgeMeters;
import io.viworks.bridge.session.AgentSession;
import io.viworks.bridge.session.Sessions;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where a command record goes (spec 3.4): to a session of this bridge, on to the bridge that holds
 * the agent, or back to the ledger. Blocks its caller until every record of a batch is settled.
 */
final class Router {
    /** Every part of a delivery has a shorter limit of its own; this one is for what is left. */
    private static final Duration LONGEST = Duration.ofSeconds(15);

    private final BridgeId bridge;
    private final Owners owners;
    private final Deliveries deliveries;
    private final Sessions sessions;
    private final Deliverer deliverer;
    private final BridgeMeters meters;

    Router(
            BridgeId bridge,
            Owners owners,
            Deliveries deliveries,
            Sessions sessions,
            Deliverer deliverer,
            BridgeMeters meters) {
        this.bridge = bridge;
        this.owners = owners;
        this.deliveries = deliveries;
        this.sessions = sessions;
        this.deliverer = deliverer;
        this.meters = meters;
    }

    /** Records of the public door: whoever holds the agent gets them. */
    void publicDoor(List<Entry<StreamRecord.OfCommands>> batch) throws Exception {
        Set<AgentId> agents = new LinkedHashSet<>();
        batch.forEach(entry -> agents.add(entry.record().agentId()));
        Map<AgentId, Owner> holders = settled(owners.find(agents));
        List<CompletionStage<String>> all = new ArrayList<>(batch.size());
        for (Entry<StreamRecord.OfCommands> entry : batch) {
            Owner owner = holders.get(entry.record().agentId());
            BridgeId holder = owner == null ? bridge : owner.bridgeId();
            all.add(
                    checked(
                            entry.record(),
                            () ->
                                    holder.equals(bridge)
                                            ? here(entry.record())
                                            : forward(entry, holder)));
        }
        settleAll(all);
    }

    /** Records of this bridge's own stream: delivered or released, never passed on. */
    void ownStream(List<Entry<StreamRecord.OfCommands>> batch) throws Exception {
        List<CompletionStage<String>> all = new ArrayList<>(batch.size());
        for (Entry<StreamRecord.OfCommands> entry : batch) {
            all.add(checked(entry.record(), () -> here(entry.record())));
        }
        settleAll(all);
    }

    /** A record at fault fails for itself: the rest of its batch is settled all the same. */
    private CompletionStage<String> checked(
            StreamRecord.OfCommands record, Supplier<CompletionStage<String>> then) {
        try {
            deliverer.check(record);
        } catch (IllegalArgumentException fault) {
            return CompletableFuture.failedStage(fault);
        }
        return then.get();
    }

    private CompletionStage<String> forward(Entry<StreamRecord.OfCommands> entry, BridgeId owner) {
        return deliveries
                .forward(entry.id(), entry.record(), owner)
                .thenApply(passedOn -> passedOn ? "forwarded" : "passed_on_before");
    }

    private CompletionStage<String> here(StreamRecord.OfCommands record) {
        AgentId agent = record.agentId();
        Optional<AgentSession> live = sessions.find(agent);
        if (live.isPresent()) {
            return deliverer.give(record, live);
        }
        // Its claim may have been won with the answer still on the way.
        return sessions.findClaiming(agent)
                .map(claiming ->
                        claiming.settled()
                                .thenCompose(_ -> deliverer.give(record, sessions.find(agent))))
                .orElseGet(() -> deliverer.give(record, Optional.empty()));
    }

    /** Waits for all, so that one's failure ends no other half way, and then reports the worst. */
    private void settleAll(List<CompletionStage<String>> all) throws Exception {
        @Nullable Exception fault = null;
        @Nullable WorldAway away = null;
        for (CompletionStage<String> one : all) {
            try {
                meters.command(settled(one));
            } catch (WorldAway worldAway) {
                away = worldAway;
            } catch (InterruptedException interrupted) {
                throw interrupted;
            } catch (Exception other) {
                fault = other;
            }
        }
        if (away != null) {
            throw away;
        }
        if (fault != null) {
            throw fault;
        }
    }

    private static <T> T settled(CompletionStage<T> stage) throws Exception {
        try {
            CompletableFuture<T> future = stage.toCompletableFuture();
            return future.get(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException late) {
            throw new WorldAway("a delivery was not decided in time", late);
        } catch (java.util.concurrent.ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof CompletionException wrapped && wrapped.getCause() != null) {
                cause = wrapped.getCause();
            }
            throw cause instanceof Exception known ? known : e;
        }
    }
}
