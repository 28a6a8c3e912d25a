package io.viworks.backplane.stream;

import io.viworks.protocol.BridgeId;
import io.viworks.protocol.ConnectionId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.SessionId;
import org.jspecify.annotations.Nullable;

/**
 * Where a bridge's record comes from. {@code (epoch, n)} is the order and the identity of what an
 * agent said: a record replayed by a client or taken over after a crash has the same pair.
 *
 * @param instanceUid the journal of the agent, absent when the session offers no {@code journal}
 * @param epoch grows with every claim of the agent
 * @param n counts within the session, from 1; the HELLO is 0
 */
public record Origin(
        BridgeId bridgeId,
        ConnectionId connId,
        SessionId sessionId,
        @Nullable InstanceUid instanceUid,
        long epoch,
        long n) {}
