package io.viworks.bridge.delivery;

import io.viworks.backplane.stream.StreamRecord;
import io.viworks.bridge.session.AgentSession;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.sealing.Contents;
import io.viworks.protocol.sealing.NotOpened;
import io.viworks.protocol.sealing.SealingKeys;
import java.util.Optional;

/**
 * Who may be given a sealed command here, and what is in it (spec 4, "Secrets"). Thread-safe.
 *
 * @param keys of the ring; empty when this bridge opens nothing
 * @param onSharedSecret whether secrets may go to sessions without a credential of their own
 */
public record SealedCommands(Optional<SealingKeys> keys, boolean onSharedSecret) {
    /**
     * Whether the session may be given a secret: what proved it must be the agent's alone, whatever
     * was known of the gateway when the command was accepted.
     */
    boolean mayGoTo(AgentSession session) {
        return onSharedSecret || session.hasOwnCredential();
    }

    /**
     * What the command holds.
     *
     * @throws NotOpened when it was not sealed for this command and this agent, or not with a key
     *     of this ring
     */
    Contents open(StreamRecord.Command command, Bytes sealed) throws NotOpened {
        if (keys.isEmpty()) {
            throw NotOpened.withoutKeys();
        }
        return keys.get().open(command.correlationId(), command.agentId(), sealed);
    }
}
