package io.viworks.backplane.stream;

import io.lettuce.core.RedisException;
import io.lettuce.core.output.NestedMultiOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandKeyword;
import io.lettuce.core.protocol.CommandType;
import io.viworks.backplane.ReaderConnection;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.TextKeys;
import io.viworks.backplane.WorldAway;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Waits at the end of a stream for what is new, without a group, over a connection of its own. For
 * one thread, but for {@link #close}.
 *
 * @param <R> the records the stream carries
 */
public final class StreamTail<R extends StreamRecord> implements AutoCloseable {
    /** What a request may take beyond the time it blocks. */
    private static final Duration MARGIN = Duration.ofSeconds(2);

    private final RedisConnections connections;
    private final StreamPages<R> pages;
    private final String stream;
    private final Duration block;
    private volatile @Nullable ReaderConnection connection;

    /**
     * Dials at the first reading.
     *
     * @param block the longest wait of one reading
     */
    public StreamTail(RedisConnections connections, String stream, Class<R> type, Duration block) {
        this.connections = connections;
        this.pages = new StreamPages<>(connections, stream, type);
        this.stream = stream;
        this.block = block;
    }

    /**
     * The entries behind a place, the oldest first; waits a moment for some when there are none.
     *
     * @throws WorldAway when Redis cannot be reached just now
     */
    public StreamPages.Page<R> after(String id, int most, Predicate<Map<String, byte[]>> wanted) {
        CommandArgs<String, byte[]> args =
                new CommandArgs<>(TextKeys.CODEC)
                        .add(CommandKeyword.COUNT)
                        .add(most)
                        .add("BLOCK")
                        .add(block.toMillis())
                        .add("STREAMS")
                        .addKey(stream)
                        .add(id);
        try {
            List<RawEntry> found =
                    RawEntry.ofRead(
                            connected()
                                    .ask(redis ->
                                            redis.dispatch(
                                                    CommandType.XREAD,
                                                    new NestedMultiOutput<>(TextKeys.CODEC),
                                                    args)));
            return pages.page(found, id, most, wanted);
        } catch (WorldAway away) {
            close();
            throw away;
        } catch (RedisException e) {
            close();
            throw new WorldAway("Redis refuses to be read: " + e.getMessage(), e);
        }
    }

    private ReaderConnection connected() {
        ReaderConnection reader = connection;
        if (reader == null) {
            reader = connections.dialReader(block.plus(MARGIN));
            connection = reader;
        }
        return reader;
    }

    /** Ends a reading in progress, too; the next one dials anew. */
    @Override
    public void close() {
        ReaderConnection reader = connection;
        connection = null;
        if (reader != null) {
            reader.close();
        }
    }
}
