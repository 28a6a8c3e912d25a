package io.viworks.admin.gateway;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.viworks.protocol.CorrelationId;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Everything about one gateway.
 *
 * @param auth how its session proved who it is: {@code shared, key, cert} or {@code none}
 * @param clockSkewMs how far its clock was off at its last refused handshake, in milliseconds
 * @param session the live session; absent while it is not connected
 * @param lastResults the newest first
 */
record GatewayDetails(
        @JsonUnwrapped GatewaySummary summary,
        @Nullable String notes,
        @Nullable String versionMin,
        List<Object> capabilities,
        List<Object> supportedVerbs,
        List<Object> features,
        @Nullable Integer maxConcurrency,
        @Nullable String auth,
        @Nullable UUID instanceUid,
        @Nullable Long clockSkewMs,
        @Nullable String createdBy,
        @Nullable Instant decommissionedAt,
        long editVersion,
        @Nullable Session session,
        List<LastResult> lastResults) {

    /** A live session. */
    record Session(
            String sessionId,
            String bridgeId,
            @Nullable String connId,
            Instant connectedAt,
            @Nullable Instant lastHeartbeatAt,
            @Nullable String remoteIp,
            @Nullable String version) {}

    /** The end of a command, in short; its outputs are with the command. */
    record LastResult(
            CorrelationId correlationId,
            String verb,
            String status,
            @Nullable Integer rc,
            @Nullable String errorCode,
            @Nullable Instant finishedAt,
            @Nullable Long durationMs) {}
}
