package io.viworks.backplane.ownership;

import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.Script;
import io.viworks.backplane.directory.DirectoryEntry;
import io.viworks.backplane.stream.Origin;
import io.viworks.backplane.stream.RecordFields;
import io.viworks.backplane.stream.StreamBounds;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.SessionId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Which session holds an agent (spec 3.3), decided by scripts. Thread-safe, never blocks. */
public final class Ownership {
    /** How long an owner counts without a renewal. */
    public static final Duration TTL = Duration.ofSeconds(30);

    /** Between two renewals. */
    public static final Duration RENEW_EVERY = Duration.ofSeconds(5);

    /** Agents renewed by one script. */
    private static final int BATCH = 500;

    private static final Script CLAIM = Script.named("claim");
    private static final Script RENEW = Script.named("renew");
    private static final Script RELEASE = Script.named("release");

    private final RedisConnections connections;

    public Ownership(RedisConnections connections) {
        this.connections = connections;
    }

    /** {@link #claim(StreamRecord.Hello, OpenedBy)} for a session that nothing had to open. */
    public CompletionStage<Claim> claim(StreamRecord.Hello hello) {
        return claim(hello, OpenedBy.NOTHING);
    }

    /**
     * Takes the agent for a new session, from whoever holds it, and writes the HELLO record.
     *
     * @param hello the record; its epoch is set by the script
     * @param by what must still count in the directory
     * @return never {@link Claim.Taken}
     */
    public CompletionStage<Claim> claim(StreamRecord.Hello hello, OpenedBy by) {
        return claim(hello, by, false);
    }

    /** {@link #reclaim(StreamRecord.Hello, OpenedBy)} for a session that nothing had to open. */
    public CompletionStage<Claim> reclaim(StreamRecord.Hello hello) {
        return reclaim(hello, OpenedBy.NOTHING);
    }

    /**
     * Takes the agent back for a session whose owner key was found missing, if it still is. The
     * caller has heard from the agent since then, so that a bridge that wakes from a pause cannot
     * take back a session that has moved.
     *
     * @param hello the session's HELLO again; its epoch is set by the script
     * @param by what must still count in the directory
     */
    public CompletionStage<Claim> reclaim(StreamRecord.Hello hello, OpenedBy by) {
        return claim(hello, by, true);
    }

    private CompletionStage<Claim> claim(
            StreamRecord.Hello hello, OpenedBy by, boolean onlyIfMissing) {
        AgentId agent = hello.agentId();
        Origin origin = hello.origin();
        Map<String, byte[]> fields = new LinkedHashMap<>(RecordFields.of(hello));
        fields.remove("epoch");
        List<byte[]> args =
                Script.args(
                        origin.bridgeId(),
                        origin.sessionId(),
                        origin.instanceUid(),
                        TTL.toMillis(),
                        onlyIfMissing ? 1 : 0,
                        StreamBounds.HELLO_AND_TELEMETRY,
                        by.keyId(),
                        by.fingerprint(),
                        by.sharedSecret() ? 1 : 0);
        return CLAIM.run(
                        connections,
                        Script.keys(
                                Keys.owner(agent),
                                Keys.directory(agent),
                                Keys.DIRECTORY_VERSION,
                                Keys.AGENT_HELLO),
                        Script.args(args, fields))
                .thenApply(Ownership::claimOf);
    }

    private static Claim claimOf(List<@Nullable Object> reply) {
        return switch (Script.text(reply, 0)) {
            case "WON" -> new Claim.Won(Script.number(reply, 1), ownerOf(reply, 2));
            case "TAKEN" -> {
                Owner owner = ownerOf(reply, 2);
                if (owner == null) {
                    throw new IllegalStateException("the claim script named no owner");
                }
                yield new Claim.Taken(owner);
            }
            case "REFUSED" ->
                    new Claim.Refused(
                            DirectoryEntry.Status.valueOf(
                                    Script.text(reply, 1).toUpperCase(Locale.ROOT)));
            case "CREDENTIAL_GONE" -> new Claim.CredentialGone();
            case "CREDENTIAL_NEEDED" -> new Claim.CredentialNeeded();
            case "DIRECTORY_AWAY" -> new Claim.DirectoryAway();
            default -> throw new IllegalStateException("unknown answer of the claim script");
        };
    }

    /** The owner whose four fields stand at this place of an answer, null when they are empty. */
    static @Nullable Owner ownerOf(List<? extends @Nullable Object> reply, int at) {
        if (reply.size() <= at || Script.text(reply, at).isEmpty()) {
            return null;
        }
        String instance = Script.text(reply, at + 3);
        return new Owner(
                BridgeId.of(Script.text(reply, at)),
                SessionId.of(Script.text(reply, at + 1)),
                Script.number(reply, at + 2),
                instance.isEmpty() ? null : InstanceUid.of(instance));
    }

    /** Renews what this bridge holds and says what became of each. */
    public CompletionStage<Map<AgentId, Hold>> renew(Map<AgentId, SessionId> held) {
        List<Map.Entry<AgentId, SessionId>> all = List.copyOf(held.entrySet());
        List<CompletableFuture<List<@Nullable Object>>> replies = new ArrayList<>();
        for (int from = 0; from < all.size(); from += BATCH) {
            replies.add(renewed(all.subList(from, Math.min(all.size(), from + BATCH))));
        }
        return CompletableFuture.allOf(replies.toArray(CompletableFuture[]::new))
                .thenApply(_ -> {
                    Map<AgentId, Hold> holds = new LinkedHashMap<>();
                    for (int i = 0; i < all.size(); i++) {
                        List<@Nullable Object> reply = replies.get(i / BATCH).join();
                        holds.put(all.get(i).getKey(), Hold.valueOf(Script.text(reply, i % BATCH)));
                    }
                    return holds;
                });
    }

    private CompletableFuture<List<@Nullable Object>> renewed(
            List<Map.Entry<AgentId, SessionId>> batch) {
        String[] keys =
                batch.stream().map(held -> Keys.owner(held.getKey())).toArray(String[]::new);
        List<byte[]> args = new ArrayList<>(Script.args(TTL.toMillis()));
        batch.forEach(held -> args.addAll(Script.args(held.getValue())));
        return RENEW.run(connections, keys, args).toCompletableFuture();
    }

    /**
     * Ends a session: the owner key goes if this session is in it, and the GONE record is written
     * unless another session holds the agent.
     *
     * @return what the key said before
     */
    public CompletionStage<Hold> release(StreamRecord.Gone gone) {
        return RELEASE.run(
                        connections,
                        Script.keys(Keys.owner(gone.agentId()), Keys.AGENT_HELLO),
                        Script.args(
                                Script.args(
                                        gone.origin().sessionId(),
                                        StreamBounds.HELLO_AND_TELEMETRY),
                                RecordFields.of(gone)))
                .thenApply(reply -> Hold.valueOf(Script.text(reply, 0)));
    }
}
