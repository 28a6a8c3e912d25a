package io.viworks.backplane.ownership;

import io.viworks.backplane.directory.DirectoryEntry;
import org.jspecify.annotations.Nullable;

/** What became of a claim. */
public sealed interface Claim {
    /**
     * The session holds the agent, and the HELLO record is written.
     *
     * @param epoch of every record of this session from now on
     * @param displaced who held it until now, to be told CLOSE 4409; null for nobody
     */
    record Won(long epoch, @Nullable Owner displaced) implements Claim {}

    /** Another session holds the agent; only a reclaim is answered so. */
    record Taken(Owner owner) implements Claim {}

    /** The agent may have no session. */
    record Refused(DirectoryEntry.Status status) implements Claim {}

    /** The key or the certificate that opened the session counts no more. */
    record CredentialGone() implements Claim {}

    /** The shared secret opened the session, and the agent has a credential of its own now. */
    record CredentialNeeded() implements Claim {}

    /** Nobody knows whether it may: the directory is not projected. */
    record DirectoryAway() implements Claim {}
}
