package io.viworks.backplane.ownership;

import io.lettuce.core.KeyValue;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisConnections;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
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

/** Looks up who holds agents, and which bridges live. Thread-safe, never blocks. */
public final class Owners {
    private static final String[] FIELDS = {"bridge_id", "session_id", "epoch", "instance_uid"};

    private final RedisConnections connections;

    public Owners(RedisConnections connections) {
        this.connections = connections;
    }

    /** Who holds this agent. */
    public CompletionStage<Optional<Owner>> find(AgentId agent) {
        return find(List.of(agent)).thenApply(owners -> Optional.ofNullable(owners.get(agent)));
    }

    /** Who holds these agents, in one round trip; who has no owner is absent. */
    public CompletionStage<Map<AgentId, Owner>> find(Collection<AgentId> agents) {
        List<AgentId> asked = List.copyOf(agents);
        List<CompletableFuture<List<KeyValue<String, byte[]>>>> replies =
                new ArrayList<>(asked.size());
        for (AgentId agent : asked) {
            replies.add(
                    connections
                            .ask(redis -> redis.hmget(Keys.owner(agent), FIELDS))
                            .toCompletableFuture());
        }
        return CompletableFuture.allOf(replies.toArray(CompletableFuture[]::new))
                .thenApply(_ -> {
                    Map<AgentId, Owner> owners = new LinkedHashMap<>();
                    for (int i = 0; i < asked.size(); i++) {
                        Owner owner = ownerOf(replies.get(i).join());
                        if (owner != null) {
                            owners.put(asked.get(i), owner);
                        }
                    }
                    return owners;
                });
    }

    private static @org.jspecify.annotations.Nullable Owner ownerOf(
            List<KeyValue<String, byte[]>> fields) {
        List<Object> values = new ArrayList<>(fields.size());
        fields.forEach(field -> values.add(field.getValueOrElse(new byte[0])));
        return Ownership.ownerOf(values, 0);
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
