package io.viworks.backplane.stream;

import io.lettuce.core.RedisException;
import io.viworks.backplane.Answers;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.Script;
import io.viworks.backplane.WorldAway;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One consumer's view of its group, over the shared connection: what does not block. Every call but
 * one waits for its answer and fails with {@link WorldAway} alone. Thread-safe.
 */
final class Group {
    private static final Script TAKE_OVER = Script.named("take-over");
    private static final Script KEEP = Script.named("keep");
    private static final Script SET_ASIDE = Script.named("set-aside");
    private static final Script SURVEY = Script.named("survey");
    private static final Script DEPART = Script.named("depart");

    private final RedisConnections connections;
    private final Subscription<?> subscription;

    Group(RedisConnections connections, Subscription<?> subscription) {
        this.connections = connections;
        this.subscription = subscription;
    }

    /** Where the next look for abandoned entries begins, and whether this one found any. */
    record TakeOver(String cursor, long taken) {}

    /**
     * What the group looks like from outside.
     *
     * @param lag entries not yet given to anybody; estimated when there are many (Redis 6.2)
     * @param oldestPendingMs age of the oldest entry given and not acknowledged, 0 for none
     */
    record Survey(long length, long lag, long pending, long oldestPendingMs, long deadLetters) {}

    void acknowledge(List<String> ids) {
        long _ = await(acknowledging(ids));
    }

    /** The same without waiting; {@link #isDone} waits. */
    CompletionStage<Long> acknowledging(List<String> ids) {
        String[] all = ids.toArray(String[]::new);
        return connections.ask(
                redis -> redis.xack(subscription.stream(), subscription.group(), all));
    }

    /** Waits for an answer: whether it is a good one. */
    static boolean isDone(CompletionStage<Long> answer) {
        try {
            long _ = await(answer);
            return true;
        } catch (WorldAway _) {
            return false;
        }
    }

    /** Takes entries nobody kept for so long, at most so many; their bodies are read as history. */
    TakeOver takeOver(String cursor, Duration idle, int count) {
        List<@Nullable Object> reply =
                run(
                        TAKE_OVER,
                        Script.keys(subscription.stream()),
                        Script.args(
                                subscription.group(),
                                subscription.consumer(),
                                idle.toMillis(),
                                cursor,
                                count));
        return new TakeOver(Script.text(reply, 0), Script.number(reply, 1));
    }

    /** Says that these are still wanted; answers how many have moved to somebody else. */
    long keep(List<String> ids) {
        List<byte[]> args =
                new ArrayList<>(Script.args(subscription.group(), subscription.consumer()));
        args.addAll(Script.args(ids.toArray()));
        return Script.number(run(KEEP, Script.keys(subscription.stream()), args), 0);
    }

    /** Moves an entry to the dead letters and acknowledges it, unless somebody else has. */
    void setAside(String id, int tries, Map<String, byte[]> letter) {
        run(
                SET_ASIDE,
                Script.keys(subscription.stream(), Keys.deadLettersOf(subscription.stream())),
                Script.args(
                        Script.args(subscription.group(), id, tries, StreamBounds.DEAD_LETTERS),
                        letter));
    }

    Survey survey() {
        List<@Nullable Object> reply =
                run(
                        SURVEY,
                        Script.keys(
                                subscription.stream(), Keys.deadLettersOf(subscription.stream())),
                        Script.args(subscription.group()));
        return new Survey(
                Script.number(reply, 0),
                Script.number(reply, 1),
                Script.number(reply, 2),
                Script.number(reply, 3),
                Script.number(reply, 4));
    }

    /** Removes consumers not seen for so long that have nothing pending; answers how many. */
    long removeDeparted(Duration unseen) {
        return depart("", unseen);
    }

    /** Removes this consumer, unless something is pending for it. */
    void leave() {
        depart(subscription.consumer(), Duration.ZERO);
    }

    private long depart(String only, Duration unseen) {
        return Script.number(
                run(
                        DEPART,
                        Script.keys(subscription.stream()),
                        Script.args(
                                subscription.group(),
                                only,
                                subscription.consumer(),
                                unseen.toMillis())),
                0);
    }

    private List<@Nullable Object> run(Script script, String[] keys, List<byte[]> args) {
        return await(script.run(connections, keys, args));
    }

    /** An error here is Redis's or its operator's, never a record's: it is waited for as well. */
    private static <T> T await(CompletionStage<T> answer) {
        try {
            return Answers.await(answer);
        } catch (RedisException e) {
            throw new WorldAway("Redis refuses: " + e.getMessage(), e);
        }
    }
}
