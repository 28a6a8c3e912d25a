package io.viworks.bridge.delivery;

import io.viworks.backplane.delivery.Deliveries;
import io.viworks.backplane.ownership.Owner;
import io.viworks.backplane.ownership.Owners;
import io.viworks.backplane.stream.BatchHandler;
import io.viworks.backplane.stream.Entry;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.bridge.metrics.BridgeMeters;
import io.viworks.bridge.session.AgentSession;
import io.viworks.bridge.session.Sessions;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where a command record goes (spec 3.4): to a session of this bridge, on to the bridge that holds
 * the agent, or back to the ledger.
 */
final class Router {
    private final BridgeId bridge;
    private final Owners owners;
    private final Deliveries deliveries;
    private final Sessions sessions;
    private final RecordCheck check;
    private final Deliverer deliverer;
    private final BridgeMeters meters;

    Router(
            BridgeId bridge,
            Owners owners,
            Deliveries deliveries,
            Sessions sessions,
            RecordCheck check,
            Deliverer deliverer,
            BridgeMeters meters) {
        this.bridge = bridge;
        this.owners = owners;
        this.deliveries = deliveries;
        this.sessions = sessions;
        this.check = check;
        this.deliverer = deliverer;
        this.meters = meters;
    }

    /** Takes the records of the public door. */
    BatchHandler<StreamRecord.OfCommands> ofPublicDoor() {
        return new BatchHandler<>() {
            @Override
            public @Nullable CompletionStage<?> begin(List<Entry<StreamRecord.OfCommands>> batch) {
                return begun(batch, Router.this::atDoor);
            }

            @Override
            public void handle(List<Entry<StreamRecord.OfCommands>> batch) throws Exception {
                publicDoor(batch);
            }
        };
    }

    /** Takes the records of this bridge's own stream. */
    BatchHandler<StreamRecord.OfCommands> ofOwnStream() {
        return new BatchHandler<>() {
            @Override
            public @Nullable CompletionStage<?> begin(List<Entry<StreamRecord.OfCommands>> batch) {
                return begun(batch, (entry, _) -> checked(entry.record(), Router.this::here));
            }

            @Override
            public void handle(List<Entry<StreamRecord.OfCommands>> batch) throws Exception {
                ownStream(batch);
            }
        };
    }

    /**
     * Begins a batch of nothing but commands for sessions that live here. All others wait for those
     * before them: a CANCEL must not overtake the command it is for.
     */
    private @Nullable CompletionStage<?> begun(
            List<Entry<StreamRecord.OfCommands>> batch,
            BiFunction<Entry<StreamRecord.OfCommands>, AgentSession, CompletionStage<String>> way) {
        List<AgentSession> live = new ArrayList<>(batch.size());
        for (Entry<StreamRecord.OfCommands> entry : batch) {
            Optional<AgentSession> session = guess(entry.record());
            if (session.isEmpty()) {
                return null;
            }
            live.add(session.get());
        }
        List<CompletionStage<?>> all = new ArrayList<>(batch.size());
        for (int i = 0; i < batch.size(); i++) {
            all.add(way.apply(batch.get(i), live.get(i)).thenAccept(meters::command));
        }
        return Settling.ofAll(all);
    }

    /**
     * Records of the public door: whoever holds the agent gets them. A command for a session that
     * lives here goes straight to the script that decides, which says so when another bridge holds
     * the agent; of all others the holders are looked up first.
     */
    private void publicDoor(List<Entry<StreamRecord.OfCommands>> batch) throws Exception {
        List<CompletionStage<String>> all = new ArrayList<>(batch.size());
        List<Entry<StreamRecord.OfCommands>> others = new ArrayList<>();
        Set<AgentId> ofOthers = new HashSet<>(); // an agent's records keep their order
        for (Entry<StreamRecord.OfCommands> entry : batch) {
            AgentId agent = entry.record().agentId();
            Optional<AgentSession> live =
                    ofOthers.contains(agent) ? Optional.empty() : guess(entry.record());
            if (live.isPresent()) {
                all.add(atDoor(entry, live.get()));
            } else {
                others.add(entry);
                ofOthers.add(agent);
            }
        }
        try {
            lookedUp(others, all);
        } finally {
            // What has been asked for ends before the batch is tried again, if it must be.
            Settling.awaitAll(all, meters::command);
        }
    }

    /** The session that a command is for, if nobody has taken its agent away meanwhile. */
    private Optional<AgentSession> guess(StreamRecord.OfCommands record) {
        return Deliverer.maySkipLookup(record) ? sessions.find(record.agentId()) : Optional.empty();
    }

    private CompletionStage<String> atDoor(
            Entry<StreamRecord.OfCommands> entry, AgentSession session) {
        return checked(
                entry.record(),
                checked ->
                        deliverer.giveAtDoor(
                                checked,
                                session,
                                new Deliverer.Onward() {
                                    @Override
                                    public CompletionStage<String> to(BridgeId owner) {
                                        return forward(entry, owner);
                                    }

                                    @Override
                                    public CompletionStage<String> lookedUp() {
                                        return owners.find(entry.record().agentId())
                                                .thenCompose(owner ->
                                                        routed(entry, checked, owner.orElse(null)));
                                    }
                                }));
    }

    private void lookedUp(
            List<Entry<StreamRecord.OfCommands>> entries, List<CompletionStage<String>> into)
            throws Exception {
        if (entries.isEmpty()) {
            return;
        }
        Set<AgentId> agents = new LinkedHashSet<>();
        entries.forEach(entry -> agents.add(entry.record().agentId()));
        Map<AgentId, Owner> holders = Settling.await(owners.find(agents));
        for (Entry<StreamRecord.OfCommands> entry : entries) {
            into.add(
                    checked(
                            entry.record(),
                            checked ->
                                    routed(entry, checked, holders.get(entry.record().agentId()))));
        }
    }

    /** Nobody's is this bridge's to release. */
    private CompletionStage<String> routed(
            Entry<StreamRecord.OfCommands> entry, CheckedRecord checked, @Nullable Owner owner) {
        BridgeId holder = owner == null ? bridge : owner.bridgeId();
        return holder.equals(bridge) ? here(checked) : forward(entry, holder);
    }

    /** Records of this bridge's own stream: delivered or released, never passed on. */
    private void ownStream(List<Entry<StreamRecord.OfCommands>> batch) throws Exception {
        List<CompletionStage<String>> all = new ArrayList<>(batch.size());
        for (Entry<StreamRecord.OfCommands> entry : batch) {
            all.add(checked(entry.record(), this::here));
        }
        Settling.awaitAll(all, meters::command);
    }

    /** A record at fault fails for itself: the rest of its batch is settled all the same. */
    private CompletionStage<String> checked(
            StreamRecord.OfCommands record, Function<CheckedRecord, CompletionStage<String>> then) {
        try {
            return then.apply(check.check(record));
        } catch (RuntimeException | StackOverflowError fault) {
            return CompletableFuture.failedStage(fault);
        }
    }

    private CompletionStage<String> forward(Entry<StreamRecord.OfCommands> entry, BridgeId owner) {
        return deliveries
                .forward(entry.id(), entry.record(), owner)
                .thenApply(passedOn -> passedOn ? "forwarded" : "passed_on_before");
    }

    private CompletionStage<String> here(CheckedRecord checked) {
        AgentId agent = checked.record().agentId();
        Optional<AgentSession> live = sessions.find(agent);
        if (live.isPresent()) {
            return deliverer.give(checked, live);
        }
        // Its claim may have been won with the answer still on the way.
        return sessions.findClaiming(agent)
                .map(claiming ->
                        claiming.settled()
                                .thenCompose(_ -> deliverer.give(checked, sessions.find(agent))))
                .orElseGet(() -> deliverer.give(checked, Optional.empty()));
    }
}
