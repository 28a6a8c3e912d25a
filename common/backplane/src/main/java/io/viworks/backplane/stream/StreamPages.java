package io.viworks.backplane.stream;

import io.lettuce.core.output.NestedMultiOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandKeyword;
import io.lettuce.core.protocol.CommandType;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.TextKeys;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/**
 * Reads a bounded stream by places in it, without a group: several readers, none of which takes
 * anything from another. Over the shared connection; never waits for what is not there yet.
 * Thread-safe.
 *
 * @param <R> the records the stream carries
 */
public final class StreamPages<R extends StreamRecord> {
    private final RedisConnections connections;
    private final String stream;
    private final Class<R> type;

    public StreamPages(RedisConnections connections, String stream, Class<R> type) {
        this.connections = connections;
        this.stream = stream;
        this.type = type;
    }

    /**
     * A part of a stream.
     *
     * @param entries without those that cannot be read
     * @param last the id of its last entry, readable or not; where it was read from when it is
     *     empty
     * @param skipped entries that cannot be read
     * @param full whether there may be more behind it
     */
    public record Page<R extends StreamRecord>(
            List<Entry<R>> entries, String last, int skipped, boolean full) {
        /** Copies the list. */
        public Page {
            entries = List.copyOf(entries);
        }
    }

    /** The newest entry's id; {@link StreamIds#FIRST} when there is none. */
    public CompletionStage<String> newest() {
        return range(CommandType.XREVRANGE, "+", "-", 1)
                .thenApply(found -> found.isEmpty() ? StreamIds.FIRST : found.getFirst().id());
    }

    /**
     * Whether an entry at this place, or before it, is still there. As long as it is, nothing
     * behind the place was trimmed, for a bounded stream goes from its oldest on; when it is not,
     * something may be missing: the stream went on too far, or Redis lost its memory.
     */
    public CompletionStage<Boolean> reaches(String id) {
        return range(CommandType.XREVRANGE, id, "-", 1).thenApply(found -> !found.isEmpty());
    }

    /**
     * The entries behind one place and up to another, the oldest first.
     *
     * @param upTo its id, or {@code +} for all there are
     */
    public CompletionStage<Page<R>> after(String id, String upTo, int most) {
        return after(id, upTo, most, _ -> true);
    }

    /**
     * The same, with only those entries read whose fields are wanted: the others cost no parsing.
     */
    public CompletionStage<Page<R>> after(
            String id, String upTo, int most, Predicate<Map<String, byte[]>> wanted) {
        return range(CommandType.XRANGE, "(" + id, upTo, most)
                .thenApply(found -> page(found, id, most, wanted));
    }

    Page<R> page(
            List<RawEntry> found, String from, int most, Predicate<Map<String, byte[]>> wanted) {
        List<Entry<R>> entries = new ArrayList<>(found.size());
        int skipped = 0;
        for (RawEntry raw : found) {
            try {
                if (wanted.test(raw.fields())) {
                    entries.add(
                            new Entry<>(raw.id(), RecordFields.read(type, raw.id(), raw.fields())));
                }
            } catch (MalformedRecord _) {
                skipped++;
            }
        }
        String last = found.isEmpty() ? from : found.getLast().id();
        return new Page<>(entries, last, skipped, found.size() >= most);
    }

    private CompletionStage<List<RawEntry>> range(
            CommandType command, String from, String to, int most) {
        return connections
                .ask(redis ->
                        redis.dispatch(
                                command,
                                new NestedMultiOutput<>(TextKeys.CODEC),
                                new CommandArgs<>(TextKeys.CODEC)
                                        .addKey(stream)
                                        .add(from)
                                        .add(to)
                                        .add(CommandKeyword.COUNT)
                                        .add(most)))
                .thenApply(RawEntry::of);
    }
}
