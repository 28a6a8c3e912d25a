package io.viworks.backplane;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisNoScriptException;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.regex.Pattern;

/** What a failure of Lettuce means here: Redis is away, or somebody asked nonsense. */
final class Failures {
    /**
     * Answers by which Redis says that it cannot just now, or not for this user. A wrong right is
     * among them: no record is at fault for it, and it may be put right while we wait. Inside a
     * script's failure they stand somewhere in the text (Redis 6.2).
     */
    private static final Pattern NOT_NOW =
            Pattern.compile(
                    "^(LOADING|READONLY|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|MISCONF|OOM"
                            + "|NOAUTH|WRONGPASS|NOPERM|UNBLOCKED|BUSY )"
                            + "|OOM command not allowed|max number of clients|MISCONF Redis"
                            + "|READONLY You can't|executing the script can't");

    private Failures() {}

    /** A failure of a request that was, or may have been, written. */
    static RuntimeException translated(Throwable failure) {
        return switch (unwrapped(failure)) {
            case WorldAway away -> away;
            case RedisNoScriptException noScript -> noScript;
            case RedisCommandExecutionException refusal -> refused(refusal);
            case RedisException lost ->
                    new WorldAway("Redis did not answer: " + reasonOf(lost), lost);
            case CancellationException cancelled ->
                    new WorldAway("Redis did not answer: the request was cancelled", cancelled);
            // Netty's own words for a connection that broke under a request reach it unwrapped.
            case IOException broken ->
                    new WorldAway("Redis did not answer: " + reasonOf(broken), broken);
            case RejectedExecutionException closed ->
                    new WorldAway("Redis did not answer: the connections are closed", closed);
            case RuntimeException fault -> fault;
            case Throwable other -> new IllegalStateException("Redis request failed", other);
        };
    }

    /** A failure while the request was handed over: the queue is full, or the connection closed. */
    static RuntimeException whileWriting(RuntimeException failure) {
        return failure instanceof RedisException
                        && !(failure instanceof RedisCommandExecutionException)
                ? WorldAway.unsent("Redis takes no request now: " + reasonOf(failure), failure)
                : translated(failure);
    }

    private static RuntimeException refused(RedisCommandExecutionException refusal) {
        String message = String.valueOf(refusal.getMessage());
        return NOT_NOW.matcher(message).find()
                ? new WorldAway("Redis refuses for now: " + message, refusal)
                : refusal;
    }

    /** The innermost text that says something. */
    static String reasonOf(Throwable failure) {
        String reason = failure.getClass().getSimpleName();
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t.getMessage() != null) {
                reason = t.getMessage();
            }
        }
        return reason;
    }

    private static Throwable unwrapped(Throwable failure) {
        Throwable cause = failure.getCause();
        return failure instanceof CompletionException && cause != null ? cause : failure;
    }
}
