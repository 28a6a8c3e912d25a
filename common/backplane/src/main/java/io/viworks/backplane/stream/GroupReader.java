package io.viworks.backplane.stream;

import io.lettuce.core.RedisBusyException;
import io.lettuce.core.RedisException;
import io.lettuce.core.XGroupCreateArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.lettuce.core.output.NestedMultiOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandKeyword;
import io.lettuce.core.protocol.CommandType;
import io.netty.channel.EventLoop;
import io.viworks.backplane.ReaderConnection;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.TextKeys;
import io.viworks.backplane.WorldAway;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads as one consumer over a connection of its own. Makes the group, always at 0, when it is
 * missing. Not thread-safe.
 */
final class GroupReader implements AutoCloseable {
    /** What a request may take beyond the time it blocks. */
    private static final Duration MARGIN = Duration.ofSeconds(2);

    /** Records an event loop is given at once, so that its sockets do not wait for long. */
    private static final int OF_A_TURN = 64;

    private final RedisConnections connections;
    private final Subscription<?> subscription;
    private final LoopOptions options;
    private final @Nullable EventLoop loop;
    private @Nullable ReaderConnection connection;

    /**
     * Not connected yet.
     *
     * @param loop on which answers are read, null for one of the connections' own
     */
    GroupReader(
            RedisConnections connections,
            Subscription<?> subscription,
            LoopOptions options,
            @Nullable EventLoop loop) {
        this.connections = connections;
        this.subscription = subscription;
        this.options = options;
        this.loop = loop;
    }

    /**
     * What nobody was given yet.
     *
     * @param wait for some, at least a millisecond and at most as long as a loop blocks
     * @param most of them
     */
    List<RawEntry> readNew(Duration wait, int most) {
        return read(() -> blocking(wait, most), ">", Optional::of);
    }

    /**
     * What nobody was given yet and is not taken where it is read: reads on while all of it is, as
     * long as a loop blocks altogether.
     *
     * @param taking asked on the thread that reads; must not wait
     */
    List<RawEntry> readNew(Predicate<List<RawEntry>> taking) {
        long end = System.nanoTime() + options.block().toNanos();
        return read(
                () -> blocking(left(end), Math.min(options.batch(), OF_A_TURN)),
                ">",
                entries -> {
                    if (!taking.test(entries)) {
                        return Optional.of(entries);
                    }
                    return left(end).isPositive() ? Optional.empty() : Optional.of(List.of());
                });
    }

    private static Duration left(long end) {
        return Duration.ofNanos(end - System.nanoTime());
    }

    private CommandArgs<String, byte[]> blocking(Duration wait, int most) {
        return arguments(most).add("BLOCK").add(Math.max(1, wait.toMillis())); // 0 is for ever
    }

    /**
     * What was given to this consumer and not acknowledged, the oldest first; never waits.
     *
     * @param known so many more than a batch, for they are in hand and found again
     */
    List<RawEntry> readOwn(int known) {
        return read(() -> arguments(options.batch() + known), StreamIds.FIRST, Optional::of);
    }

    private CommandArgs<String, byte[]> arguments(int most) {
        return new CommandArgs<>(TextKeys.CODEC)
                .add("GROUP")
                .addKey(subscription.group())
                .addKey(subscription.consumer())
                .add(CommandKeyword.COUNT)
                .add(most);
    }

    private List<RawEntry> read(
            Supplier<CommandArgs<String, byte[]>> args,
            String from,
            Function<List<RawEntry>, Optional<List<RawEntry>>> judge) {
        try {
            return connected()
                    .askUntil(
                            redis ->
                                    redis.dispatch(
                                            CommandType.XREADGROUP,
                                            new NestedMultiOutput<>(TextKeys.CODEC),
                                            args.get()
                                                    .add("STREAMS")
                                                    .addKey(subscription.stream())
                                                    .add(from)),
                            reply -> judge.apply(RawEntry.ofRead(reply)));
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
            Duration timeout = options.block().plus(MARGIN);
            reader =
                    loop == null
                            ? connections.dialReader(timeout)
                            : connections.dialReader(timeout, loop);
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
