package io.viworks.backplane.directory;

import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisConnections;
import io.viworks.protocol.AgentId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;

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

    /** The entries of many, in one round trip; who has none is absent. */
    public CompletionStage<Map<AgentId, DirectoryEntry>> entries(Collection<AgentId> agents) {
        List<CompletableFuture<Optional<DirectoryEntry>>> replies = new ArrayList<>(agents.size());
        for (AgentId agent : Set.copyOf(agents)) {
            replies.add(find(agent).toCompletableFuture());
        }
        return CompletableFuture.allOf(replies.toArray(CompletableFuture[]::new))
                .thenApply(_ ->
                        replies.stream()
                                .flatMap(reply -> reply.join().stream())
                                .collect(
                                        Collectors.toMap(
                                                DirectoryEntry::agentId, Function.identity())));
    }

    private static String text(byte[] value) {
        return new String(value, StandardCharsets.UTF_8);
    }
}
