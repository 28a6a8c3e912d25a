package io.viworks.backplane.directory;

import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisConnections;
import io.viworks.protocol.AgentId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What bridges read about agents (spec 2.1). Thread-safe. */
public final class Directory {
    private final RedisConnections connections;

    public Directory(RedisConnections connections) {
        this.connections = connections;
    }

    /** The version, absent while the directory is not projected: then no new handshakes. */
    public CompletionStage<OptionalLong> version() {
        return connections
                .ask(redis -> redis.get(Keys.DIRECTORY_VERSION))
                .thenApply(value ->
                        value == null
                                ? OptionalLong.empty()
                                : OptionalLong.of(Long.parseLong(text(value))));
    }

    /**
     * Whether live sessions must be looked at again.
     *
     * @param version the one they were last looked at under
     * @return the present version when it is another; absent when it is the same or missing
     */
    public CompletionStage<OptionalLong> changedSince(long version) {
        return version()
                .thenApply(now ->
                        now.isPresent() && now.getAsLong() != version ? now : OptionalLong.empty());
    }

    /** The entry of one agent, absent when no admin ever knew it. */
    public CompletionStage<Optional<DirectoryEntry>> find(AgentId agent) {
        return connections
                .ask(redis -> redis.hgetall(Keys.directory(agent)))
                .thenApply(fields ->
                        fields.isEmpty()
                                ? Optional.empty()
                                : Optional.of(EntryFields.read(agent, fields)));
    }

    /** The status of many, in one round trip; who has no entry is absent. */
    public CompletionStage<Map<AgentId, DirectoryEntry.Status>> statuses(
            Collection<AgentId> agents) {
        List<AgentId> asked = List.copyOf(agents);
        List<CompletableFuture<byte[]>> replies = new ArrayList<>(asked.size());
        for (AgentId agent : asked) {
            replies.add(
                    connections
                            .ask(redis -> redis.hget(Keys.directory(agent), EntryFields.STATUS))
                            .toCompletableFuture());
        }
        return CompletableFuture.allOf(replies.toArray(CompletableFuture[]::new))
                .thenApply(_ -> known(asked, replies));
    }

    private static Map<AgentId, DirectoryEntry.Status> known(
            List<AgentId> asked, List<CompletableFuture<byte[]>> replies) {
        Map<AgentId, DirectoryEntry.Status> statuses = new LinkedHashMap<>();
        for (int i = 0; i < asked.size(); i++) {
            byte[] value = replies.get(i).join();
            if (value != null) {
                statuses.put(asked.get(i), EntryFields.status(text(value)));
            }
        }
        return statuses;
    }

    private static String text(byte[] value) {
        return new String(value, StandardCharsets.UTF_8);
    }
}
