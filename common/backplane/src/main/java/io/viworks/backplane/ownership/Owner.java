package io.viworks.backplane.ownership;

import io.viworks.protocol.BridgeId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.SessionId;
import org.jspecify.annotations.Nullable;

/**
 * Who holds an agent: {@code viw:owner:{agent_id}} (spec 3.3).
 *
 * @param epoch grows with every claim
 * @param instanceUid the journal of the agent, null when the session offers no {@code journal}
 */
public record Owner(
        BridgeId bridgeId, SessionId sessionId, long epoch, @Nullable InstanceUid instanceUid) {}
