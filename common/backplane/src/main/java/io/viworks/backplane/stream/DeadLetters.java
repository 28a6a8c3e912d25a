package io.viworks.backplane.stream;

import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.StreamMessage;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.Script;
import io.viworks.protocol.Bytes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;

/** The records that were set aside, for people to look at and to send again. Thread-safe. */
public final class DeadLetters {
    /** The streams that have dead letters: those that somebody reads in a group. */
    public static final List<String> STREAMS =
            List.of(Keys.AGENT_HELLO, Keys.TELEMETRY, Keys.COMMANDS, Keys.COMMAND_RESULTS);

    private static final Pattern ID = Pattern.compile("\\d{1,20}-\\d{1,20}");
    private static final Script REPLAY = Script.named("replay");

    private final RedisConnections connections;

    public DeadLetters(RedisConnections connections) {
        this.connections = connections;
    }

    /**
     * One of them.
     *
     * @param id its own, {@code <milliseconds>-<n>} of when it was set aside
     * @param entryId the record's id in its stream
     * @param reason {@code malformed} or {@code fault}
     * @param error what went wrong
     * @param deliveries how often its handler saw it
     * @param record the record's fields; those with frames may hold secrets
     */
    public record Letter(
            String id,
            String entryId,
            String reason,
            String error,
            long deliveries,
            Map<String, Bytes> record) {
        public Letter {
            record = Map.copyOf(record);
        }
    }

    /** Whether this can be the id of one. */
    public static boolean isId(String text) {
        return ID.matcher(text).matches();
    }

    /** How many a stream has. */
    public CompletionStage<Long> count(String stream) {
        return connections.ask(redis -> redis.xlen(Keys.deadLettersOf(stream)));
    }

    /**
     * Those of a stream, the newest first.
     *
     * @param before only those before this id; empty for the newest
     */
    public CompletionStage<List<Letter>> list(String stream, Optional<String> before, int most) {
        Range.Boundary<String> newest =
                before.map(Range.Boundary::excluding).orElseGet(Range.Boundary::unbounded);
        return connections
                .ask(redis ->
                        redis.xrevrange(
                                Keys.deadLettersOf(stream),
                                Range.from(Range.Boundary.unbounded(), newest),
                                Limit.from(most)))
                .thenApply(found -> found.stream().map(DeadLetters::letter).toList());
    }

    /** One of a stream. */
    public CompletionStage<Optional<Letter>> find(String stream, String id) {
        return connections
                .ask(redis ->
                        redis.xrange(
                                Keys.deadLettersOf(stream), Range.create(id, id), Limit.from(1)))
                .thenApply(found -> found.stream().findFirst().map(DeadLetters::letter));
    }

    private static Letter letter(StreamMessage<String, byte[]> message) {
        Map<String, byte[]> fields = message.getBody();
        Map<String, Bytes> record = new LinkedHashMap<>();
        DeadLetter.original(fields).forEach((name, value) -> record.put(name, Bytes.of(value)));
        String deliveries = DeadLetter.text(fields, DeadLetter.DELIVERIES);
        return new Letter(
                message.getId(),
                DeadLetter.text(fields, DeadLetter.ID),
                DeadLetter.text(fields, DeadLetter.REASON),
                DeadLetter.text(fields, DeadLetter.ERROR),
                deliveries.isEmpty() ? 0 : Long.parseLong(deliveries),
                record);
    }

    /**
     * Writes a record into its stream again and takes its letter away, in one script.
     *
     * @return the record's new id; empty when there is no such letter
     */
    public CompletionStage<Optional<String>> replay(String stream, String id) {
        return connections
                .ask(redis ->
                        redis.xrange(
                                Keys.deadLettersOf(stream), Range.create(id, id), Limit.from(1)))
                .thenCompose(found ->
                        found.isEmpty()
                                ? CompletableFuture.completedStage(Optional.empty())
                                : replay(stream, found.getFirst()));
    }

    private CompletionStage<Optional<String>> replay(
            String stream, StreamMessage<String, byte[]> letter) {
        return REPLAY.run(
                        connections,
                        Script.keys(Keys.deadLettersOf(stream), stream),
                        Script.args(
                                Script.args(letter.getId()), DeadLetter.original(letter.getBody())))
                .thenApply(reply ->
                        Optional.of(Script.text(reply, 0)).filter(text -> !text.isEmpty()));
    }

    /**
     * Gives one up.
     *
     * @return whether there was one
     */
    public CompletionStage<Boolean> delete(String stream, String id) {
        return connections
                .ask(redis -> redis.xdel(Keys.deadLettersOf(stream), id))
                .thenApply(deleted -> deleted == 1);
    }
}
