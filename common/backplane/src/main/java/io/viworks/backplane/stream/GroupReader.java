package io.viworks.backplane.stream;

import io.lettuce.core.RedisBusyException;
import io.lettuce.core.RedisException;
import io.lettuce.core.XGroupCreateArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.NestedMultiOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandKeyword;
import io.lettuce.core.protocol.CommandType;
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

    private static final RedisCodec<String, byte[]> CODEC =
            RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

    private final RedisConnections connections;
    private final Subscription<?> subscription;
    private final LoopOptions options;
    private @Nullable ReaderConnection connection;

    GroupReader(RedisConnections connections, Subscription<?> subscription, LoopOptions options) {
        this.connections = connections;
        this.subscription = subscription;
        this.options = options;
    }

    /**
     * What nobody was given yet.
     *
     * @param wait for some, at least a millisecond and at most as long as a loop blocks
     * @param most of them
     */
    List<RawEntry> readNew(Duration wait, int most) {
        return read(arguments(most).add("BLOCK").add(wait.toMillis()), ">");
    }

    /**
     * What was given to this consumer and not acknowledged, the oldest first; never waits.
     *
     * @param known so many more than a batch, for they are in hand and found again
     */
    List<RawEntry> readOwn(int known) {
        return read(arguments(options.batch() + known), StreamIds.FIRST);
    }

    private CommandArgs<String, byte[]> arguments(int most) {
        return new CommandArgs<>(CODEC)
                .add("GROUP")
                .addKey(subscription.group())
                .addKey(subscription.consumer())
                .add(CommandKeyword.COUNT)
                .add(most);
    }

    private List<RawEntry> read(CommandArgs<String, byte[]> args, String from) {
        args.add("STREAMS").addKey(subscription.stream()).add(from);
        try {
            return RawEntry.ofRead(
                    connected()
                            .ask(redis ->
                                    redis.dispatch(
                                            CommandType.XREADGROUP,
                                            new NestedMultiOutput<>(CODEC),
                                            args)));
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
