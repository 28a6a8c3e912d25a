package io.viworks.backplane.directory;

import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.Script;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Writes what Postgres says of agents for the bridges to read (spec 2.1). Thread-safe; replicas may
 * write at the same time, for only a greater {@code dir_rev} replaces an entry.
 */
public final class DirectoryProjection {
    private static final Script WRITE = Script.named("dir-write");
    private static final Script PUBLISH = Script.named("dir-publish");

    /** Entries on their way at once. */
    private static final int PIECE = 500;

    private final RedisConnections connections;

    public DirectoryProjection(RedisConnections connections) {
        this.connections = connections;
    }

    /** Whether everything must be projected: the version key is missing. */
    public CompletionStage<Boolean> isMissing() {
        return connections
                .ask(redis -> redis.exists(Keys.DIRECTORY_VERSION))
                .thenApply(count -> count == 0);
    }

    /**
     * Writes changed entries, then the version.
     *
     * @return the new version; absent when the version key is missing, so that {@link #projectAll}
     *     is needed: a few entries must not look like the whole directory
     */
    public CompletionStage<OptionalLong> project(Collection<DirectoryEntry> changed) {
        return connections
                .life()
                .thenCompose(life ->
                        writeAll(List.copyOf(changed), 0).thenCompose(_ -> publish(life, true)));
    }

    /**
     * Writes every entry, then the version.
     *
     * @return the new version; absent when Redis lost its memory on the way, so that it must be
     *     done again
     */
    public CompletionStage<OptionalLong> projectAll(Collection<DirectoryEntry> everything) {
        return connections
                .life()
                .thenCompose(life ->
                        writeAll(List.copyOf(everything), 0)
                                .thenCompose(_ -> publish(life, false)));
    }

    private CompletionStage<?> writeAll(List<DirectoryEntry> entries, int from) {
        if (from >= entries.size()) {
            return CompletableFuture.completedFuture(true);
        }
        int to = Math.min(entries.size(), from + PIECE);
        List<CompletableFuture<?>> piece = new ArrayList<>(to - from);
        for (DirectoryEntry entry : entries.subList(from, to)) {
            piece.add(write(entry).toCompletableFuture());
        }
        return CompletableFuture.allOf(piece.toArray(CompletableFuture[]::new))
                .thenCompose(_ -> writeAll(entries, to));
    }

    private CompletionStage<?> write(DirectoryEntry entry) {
        return WRITE.run(
                connections,
                Script.keys(Keys.directory(entry.agentId())),
                Script.args(Script.args(entry.dirRev()), EntryFields.of(entry)));
    }

    private CompletionStage<OptionalLong> publish(String life, boolean onlyIfPresent) {
        return PUBLISH.run(
                        connections,
                        Script.keys(Keys.DIRECTORY_VERSION, Keys.LIFE),
                        Script.args(life, onlyIfPresent ? 1 : 0))
                .thenApply(reply -> {
                    long version = Script.number(reply, 0);
                    return version == 0 ? OptionalLong.empty() : OptionalLong.of(version);
                });
    }
}
