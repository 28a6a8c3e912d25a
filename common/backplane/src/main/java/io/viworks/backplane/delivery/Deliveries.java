package io.viworks.backplane.delivery;

import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.Script;
import io.viworks.backplane.stream.RecordFields;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamRecord.ReleaseReason;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.SessionId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The one decision whether a copy of a command may reach the socket (spec 3.4). No event of an
 * attempt is written anywhere else. Thread-safe, never blocks.
 *
 * <p>An attempt is decided once, whoever asks: a record that is read again, by this bridge or
 * another, is dropped. Only the call that was answered {@link Delivered.Dispatched} may write the
 * frame; when its answer is lost the frame is never written, and the ledger sends again.
 */
public final class Deliveries {
    /** How long a decision is remembered past the command's deadline. */
    static final Duration REMEMBERED = Duration.ofHours(1);

    /** The latest deadline a command may have, for records whose own is not known. */
    static final Duration LATEST_DEADLINE = Duration.ofDays(7);

    private static final String NOBODY = "";
    private static final Script DELIVER = Script.named("deliver");
    private static final Script FORWARD = Script.named("forward");

    private final RedisConnections connections;
    private final BridgeId bridge;

    /** Begins the name of each call: no two calls have one name, in whatever process. */
    private final String calls = UUID.randomUUID() + "/";

    private final AtomicLong lastCall = new AtomicLong();

    /**
     * For one bridge.
     *
     * @param bridge who writes the events
     */
    public Deliveries(RedisConnections connections, BridgeId bridge) {
        this.connections = connections;
        this.bridge = bridge;
    }

    /**
     * Decides about a command for a session of this bridge.
     *
     * @param expiresAt the latest start, as the envelope says
     * @param room whether the session has budget for it, taken already; to be given back unless the
     *     answer is {@link Delivered.Dispatched}
     */
    public CompletionStage<Delivered> deliver(
            StreamRecord.Command command, Instant expiresAt, SessionId session, boolean room) {
        return decide(Attempt.of(command, expiresAt), session.toString(), room, null, false);
    }

    /**
     * Decides about a command of the public door for a session of this bridge, unless another
     * bridge holds the agent by now: so nobody has to look that up before.
     *
     * @param expiresAt the latest start, as the envelope says
     * @param room as of {@link #deliver(StreamRecord.Command, Instant, SessionId, boolean)}
     * @return also {@link Delivered.Elsewhere}, which decides nothing
     */
    public CompletionStage<Delivered> deliverAtDoor(
            StreamRecord.Command command, Instant expiresAt, SessionId session, boolean room) {
        return decide(Attempt.of(command, expiresAt), session.toString(), room, null, true);
    }

    /**
     * Decides about a record made by hand, for a session of this bridge.
     *
     * @param envelope what this bridge made of it; the ledger makes its row from it
     */
    public CompletionStage<Delivered> deliver(
            StreamRecord.HandMade made, Bytes envelope, SessionId session, boolean room) {
        return decide(Attempt.of(made, envelope), session.toString(), room, null, false);
    }

    /**
     * Releases a command nobody holds the agent of.
     *
     * @param expiresAt the latest start, null when it cannot be read here
     * @return never {@link Delivered.Dispatched}
     */
    public CompletionStage<Delivered> release(
            StreamRecord.Command command, @Nullable Instant expiresAt) {
        return decide(Attempt.of(command, expiresAt), NOBODY, false, null, false);
    }

    /**
     * Releases a sealed command that this bridge gives to nobody, whoever holds the agent.
     *
     * @param why what the ledger is told
     * @return never {@link Delivered.Dispatched}
     */
    public CompletionStage<Delivered> refuse(StreamRecord.Command command, ReleaseReason why) {
        return decide(Attempt.of(command, null), NOBODY, false, why, false);
    }

    /** Releases a record made by hand that nobody holds the agent of. */
    public CompletionStage<Delivered> release(StreamRecord.HandMade made, Bytes envelope) {
        return decide(Attempt.of(made, envelope), NOBODY, false, null, false);
    }

    /**
     * Passes a record of the public door on to the bridge that holds its agent, and acknowledges it
     * here, in one script: it is passed on once.
     *
     * @param id of the entry in {@code viw.commands}
     * @return whether it was passed on; false when it had been acknowledged before
     */
    public CompletionStage<Boolean> forward(
            String id, StreamRecord.OfCommands record, BridgeId owner) {
        return FORWARD.run(
                        connections,
                        Script.keys(Keys.COMMANDS, Keys.commandsOf(owner), Keys.BRIDGES),
                        Script.args(
                                Script.args(Keys.GROUP_AGENT_BRIDGE, id, owner),
                                RecordFields.of(record)))
                .thenApply(reply -> Script.number(reply, 0) == 1);
    }

    private CompletionStage<Delivered> decide(
            Attempt attempt,
            String session,
            boolean room,
            @Nullable ReleaseReason refusal,
            boolean atDoor) {
        return DELIVER.runWithRunId(
                        connections,
                        Script.keys(
                                Keys.decided(attempt.command()),
                                Keys.owner(attempt.agent()),
                                Keys.LIFE,
                                Keys.COMMAND_RESULTS),
                        Script.args(
                                attempt.life() == null ? "" : attempt.life(),
                                attempt.number(),
                                session,
                                attempt.life() == null ? "any" : attempt.instance(),
                                attempt.expiresAt() == null
                                        ? ""
                                        : attempt.expiresAt().toEpochMilli(),
                                room ? 1 : 0,
                                REMEMBERED.toMillis(),
                                LATEST_DEADLINE.toMillis(),
                                calls + lastCall.incrementAndGet(),
                                bridge,
                                attempt.agent(),
                                attempt.command(),
                                attempt.envelope() == null ? "" : attempt.envelope().array(),
                                refusal == null ? "" : refusal.name().toLowerCase(Locale.ROOT),
                                atDoor ? 1 : 0))
                .thenApply(Deliveries::delivered);
    }

    private static Delivered delivered(List<@Nullable Object> reply) {
        String detail = reply.size() > 1 ? Script.text(reply, 1) : "";
        return switch (Script.text(reply, 0)) {
            case "DISPATCHED" -> new Delivered.Dispatched();
            case "RELEASED" ->
                    new Delivered.Released(ReleaseReason.valueOf(detail.toUpperCase(Locale.ROOT)));
            case "DROPPED" ->
                    new Delivered.Dropped(
                            Delivered.Dropped.Cause.valueOf(detail.toUpperCase(Locale.ROOT)));
            case "ELSEWHERE" -> new Delivered.Elsewhere(BridgeId.of(detail));
            default -> throw new IllegalStateException("unknown answer of the deliver script");
        };
    }

    /** What the script needs to know of a record, whichever form it has. */
    private record Attempt(
            AgentId agent,
            CorrelationId command,
            int number,
            @Nullable String life,
            String instance,
            @Nullable Instant expiresAt,
            @Nullable Bytes envelope) {

        static Attempt of(StreamRecord.Command command, @Nullable Instant expiresAt) {
            return new Attempt(
                    command.agentId(),
                    command.correlationId(),
                    command.attempt(),
                    command.life(),
                    command.instanceUid() == null ? "" : command.instanceUid().toString(),
                    expiresAt,
                    null);
        }

        static Attempt of(StreamRecord.HandMade made, Bytes envelope) {
            return new Attempt(
                    made.agentId(), made.correlationId(), 1, null, "", made.expiresAt(), envelope);
        }
    }
}
