package io.viworks.agent.connection;

import io.viworks.agent.log.AgentLog;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.signing.BadSignature;
import io.viworks.protocol.signing.VerifyKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Whose signature counts here (spec 6, {@code verify_keys}). The files are looked at again while
 * the agent runs, so that a key is added or taken away without a restart. Used on the loop only.
 */
final class Signatures {
    /** How long a key that was taken away may still count. */
    static final Duration LOOK_EVERY = Duration.ofSeconds(5);

    private final List<Path> places;
    private final Time time;
    private final AgentLog log;
    private VerifyKeys keys;
    private long lookedAt;
    private long refused;

    /**
     * With the keys as they are now.
     *
     * @param places none: nothing is verified
     * @throws IOException when a file cannot be read or holds something else
     */
    Signatures(List<Path> places, Time time, AgentLog log) throws IOException {
        this.places = List.copyOf(places);
        this.time = time;
        this.log = log;
        this.keys = VerifyKeys.read(places);
        this.lookedAt = time.nanos();
    }

    /** Whether a command must be signed. */
    boolean required() {
        return !places.isEmpty();
    }

    /** The bytes that a holder of a trusted key signed. */
    Bytes verified(String jws) throws BadSignature {
        if (!required()) {
            throw new BadSignature("this agent has no verify_keys and verifies no signatures");
        }
        lookAgain();
        return keys.verified(jws);
    }

    /** Logs a command that is not what an admin signed: somebody may be forging. */
    void refused(Object correlationId, String problem) {
        refused++;
        if (Long.bitCount(refused) == 1) { // the first, second, fourth, …: forgers have time
            log.warn("bad_signature")
                    .with("correlation_id", correlationId)
                    .with("count", refused)
                    .say("a command is not run: " + problem);
        }
    }

    /** What cannot be read leaves the keys as they were: a half-written file must stop nothing. */
    private void lookAgain() {
        long now = time.nanos();
        if (now - lookedAt < LOOK_EVERY.toNanos()) {
            return;
        }
        lookedAt = now;
        try {
            VerifyKeys found = VerifyKeys.read(places);
            if (!found.kids().equals(keys.kids())) {
                log.info("verify_keys_changed")
                        .with("kids", String.join(" ", found.kids()))
                        .say("other keys count from now on");
            }
            keys = found;
        } catch (IOException e) {
            log.error("verify_keys_unreadable").because(e).say("the keys read before still count");
        }
    }
}
