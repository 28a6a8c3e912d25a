package io.viworks.backplane.ownership;

import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.Script;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.Bytes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Looks up who holds agents, and which bridges live. Thread-safe, never blocks. */
public final class Owners {
    private static final Script OWNERS = Script.named("owners");
    private static final List<byte[]> FIELDS =
            Script.args("bridge_id", "session_id", "epoch", "instance_uid");

    /** Agents looked up by one request. */
    private static final int PIECE = 1_000;

    private final RedisConnections connections;

    public Owners(RedisConnections connections) {
        this.connections = connections;
    }

    /** Who holds this agent. */
    public CompletionStage<Optional<Owner>> find(AgentId agent) {
        return find(List.of(agent)).thenApply(owners -> Optional.ofNullable(owners.get(agent)));
    }

    /** Who holds these agents, a request for each thousand; who has no owner is absent. */
    public CompletionStage<Map<AgentId, Owner>> find(Collection<AgentId> agents) {
        List<AgentId> asked = List.copyOf(agents);
        List<CompletableFuture<List<@Nullable Object>>> replies = new ArrayList<>();
        for (int from = 0; from < asked.size(); from += PIECE) {
            String[] keys =
                    asked.subList(from, Math.min(asked.size(), from + PIECE)).stream()
                            .map(Keys::owner)
                            .toArray(String[]::new);
            replies.add(OWNERS.run(connections, keys, FIELDS).toCompletableFuture());
        }
        return CompletableFuture.allOf(replies.toArray(CompletableFuture[]::new))
                .thenApply(_ -> {
                    Map<AgentId, Owner> owners = new LinkedHashMap<>();
                    for (int i = 0; i < asked.size(); i++) {
                        Owner owner = ownerOf(replies.get(i / PIECE).join().get(i % PIECE));
                        if (owner != null) {
                            owners.put(asked.get(i), owner);
                        }
                    }
                    return owners;
                });
    }

    private static @Nullable Owner ownerOf(@Nullable Object fields) {
        return fields instanceof List<?> values ? Ownership.ownerOf(values, 0) : null;
    }

    /** How many bridges live, of all that were heard of lately. */
    public CompletionStage<Integer> livingBridges() {
        return connections
                .ask(redis -> redis.zrange(Keys.BRIDGES, 0, -1))
                .thenCompose(ids ->
                        living(ids.stream().map(id -> BridgeId.of(Bytes.of(id).utf8())).toList()))
                .thenApply(Set::size);
    }

    /** Those of these bridges that live: their key is there. */
    public CompletionStage<Set<BridgeId>> living(Collection<BridgeId> bridges) {
        List<BridgeId> asked = List.copyOf(bridges);
        List<CompletableFuture<Long>> replies = new ArrayList<>(asked.size());
        for (BridgeId bridge : asked) {
            replies.add(
                    connections
                            .ask(redis -> redis.exists(Keys.bridge(bridge)))
                            .toCompletableFuture());
        }
        return CompletableFuture.allOf(replies.toArray(CompletableFuture[]::new))
                .thenApply(_ -> {
                    Set<BridgeId> living = new LinkedHashSet<>();
                    for (int i = 0; i < asked.size(); i++) {
                        if (replies.get(i).join() > 0) {
                            living.add(asked.get(i));
                        }
                    }
                    return living;
                });
    }
}
