package io.viworks.bridge.session;

import io.viworks.backplane.WorldAway;
import io.viworks.backplane.ownership.Claim;
import io.viworks.protocol.CloseCode;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One session's hold on its agent (spec 3.3): claimed at HELLO, taken back when Redis lost the key.
 * For the socket's own thread.
 */
final class Holding {
    private static final Logger log = LoggerFactory.getLogger(Holding.class);

    private final AgentSession session;
    private final SessionContext context;
    private final Identity identity;
    private final Intake intake;
    private final CompletableFuture<@Nullable Void> settled = new CompletableFuture<>();
    private boolean missing;

    Holding(AgentSession session, SessionContext context, Identity identity, Intake intake) {
        this.session = session;
        this.context = context;
        this.identity = identity;
        this.intake = intake;
    }

    /** Claims the agent, from whoever holds it. */
    void claim() {
        // What the agent sends meanwhile waits: it belongs to the epoch that is being claimed.
        intake.pause(Intake.Reason.CLAIM);
        context.sessions().claiming(session);
        var _ =
                context.claims()
                        .claim(identity.hello(), identity.openedBy())
                        .whenComplete(
                                (claim, failure) -> session.execute(() -> claimed(claim, failure)));
    }

    private void claimed(@Nullable Claim claim, @Nullable Throwable failure) {
        context.sessions().claimed(session);
        if (claim instanceof Claim.Won(long won, _)) {
            identity.won(won);
        }
        if (session.hasEnded()) {
            if (claim instanceof Claim.Won || failure != null) {
                release("gone before WELCOME");
            }
        } else {
            switch (claim) {
                case Claim.Won _ -> session.welcome();
                case Claim.Refused _, Claim.CredentialGone _ -> session.close(CloseCode.REVOKED);
                case Claim.CredentialNeeded _ -> session.supersede();
                case Claim.Taken _ -> session.close(CloseCode.DISPLACED);
                case Claim.DirectoryAway _ -> session.close(CloseCode.BACKPLANE_DOWN);
                case null -> failed(failure);
            }
        }
        var _ = settled.complete(null);
        intake.resume(Intake.Reason.CLAIM);
    }

    private void failed(@Nullable Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException wrapped && wrapped.getCause() != null
                        ? wrapped.getCause()
                        : failure;
        boolean unsent = cause instanceof WorldAway away && away.unsent();
        if (!unsent) {
            // Perhaps it was won, and only the answer was lost.
            release("the claim was not answered");
        }
        if (cause instanceof WorldAway) {
            session.close(CloseCode.BACKPLANE_DOWN);
        } else {
            log.atError()
                    .addKeyValue("event", "claim_failed")
                    .addKeyValue("agent_id", identity.agentId())
                    .setCause(cause)
                    .log("The agent could not be claimed");
            session.close(CloseCode.INTERNAL);
        }
    }

    private void release(String reason) {
        context.claims().release(identity.gone(context.clock().instant(), 1006, reason));
    }

    /** The owner key was found missing: it is taken back once the agent is heard again. */
    void isMissing() {
        missing = true;
    }

    /** The agent was heard: a key that was missing is its session's again. */
    void heard() {
        if (!missing) {
            return;
        }
        // Whatever the answer: only the next look at the key sets it again.
        missing = false;
        var _ =
                context.claims()
                        .reclaim(identity.hello(), identity.openedBy())
                        .whenComplete((claim, _) -> session.execute(() -> reclaimed(claim)));
    }

    private void reclaimed(@Nullable Claim claim) {
        if (claim instanceof Claim.Won(long won, _)) {
            identity.won(won);
            if (session.hasEnded()) {
                release("gone before it was taken back");
            }
        } else if (!session.hasEnded()) {
            switch (claim) {
                case Claim.Taken _ -> session.close(CloseCode.DISPLACED);
                case Claim.Refused _, Claim.CredentialGone _ -> session.close(CloseCode.REVOKED);
                case Claim.CredentialNeeded _ -> session.supersede();
                case Claim.Won _, Claim.DirectoryAway _ -> {}
                case null -> {}
            }
        }
    }

    /** Done when the claim has been answered, so that the session is live or will never be. */
    CompletionStage<@Nullable Void> settled() {
        return settled;
    }
}
