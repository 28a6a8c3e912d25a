package io.viworks.backplane.stream;

import io.lettuce.core.Consumer;
import io.lettuce.core.RedisBusyException;
import io.lettuce.core.RedisException;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XGroupCreateArgs;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.viworks.backplane.ReaderConnection;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.WorldAway;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads as one consumer over a connection of its own. Makes the group, always at 0, when it is
 * missing. Not thread-safe.
 */
final class GroupReader implements AutoCloseable {
    /** What a request may take beyond the time it blocks. */
    private static final Duration MARGIN = Duration.ofSeconds(2);

    private final RedisConnections connections;
    private final Subscription<?> subscription;
    private final LoopOptions options;
    private @Nullable ReaderConnection connection;

    GroupReader(RedisConnections connections, Subscription<?> subscription, LoopOptions options) {
        this.connections = connections;
        this.subscription = subscription;
        this.options = options;
    }

    /** What nobody was given yet; waits a moment for some. */
    List<StreamMessage<String, byte[]>> readNew() {
        return read(">", XReadArgs.Builder.count(options.batch()).block(options.block()));
    }

    /** What was given to this consumer and not acknowledged, the oldest first; never waits. */
    List<StreamMessage<String, byte[]>> readOwn() {
        return read(StreamIds.FIRST, XReadArgs.Builder.count(options.batch()));
    }

    @SuppressWarnings("unchecked") // an array of one StreamOffset<String>, made by the varargs
    private List<StreamMessage<String, byte[]>> read(String from, XReadArgs args) {
        try {
            ReaderConnection reader = connected();
            Consumer<String> me = Consumer.from(subscription.group(), subscription.consumer());
            return reader.ask(redis ->
                    redis.xreadgroup(me, args, StreamOffset.from(subscription.stream(), from)));
        } catch (WorldAway away) {
            close();
            throw away;
        } catch (RedisException e) {
            if (String.valueOf(e.getMessage()).startsWith("NOGROUP")) {
                makeGroup();
                return List.of();
            }
            close();
            throw new WorldAway("Redis refuses to be read: " + e.getMessage(), e);
        }
    }

    private ReaderConnection connected() {
        ReaderConnection reader = connection;
        if (reader == null) {
            reader = connections.dialReader(options.block().plus(MARGIN));
            connection = reader;
        }
        return reader;
    }

    /** At 0, so that what was written while there was no group is read. */
    private void makeGroup() {
        try {
            connected()
                    .ask(redis ->
                            redis.xgroupCreate(
                                    StreamOffset.from(subscription.stream(), "0"),
                                    subscription.group(),
                                    XGroupCreateArgs.Builder.mkstream()));
        } catch (RedisBusyException _) {
            // BUSYGROUP: another consumer made it first.
        } catch (WorldAway away) {
            close();
            throw away;
        } catch (RedisException e) {
            close();
            throw new WorldAway("Redis refuses to make the group: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        ReaderConnection reader = connection;
        connection = null;
        if (reader != null) {
            reader.close();
        }
    }
}
