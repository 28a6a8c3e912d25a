package io.viworks.bridge.session;

import io.viworks.bridge.ingress.Ingress;
import io.viworks.bridge.limit.ByteBudget;
import io.viworks.bridge.metrics.BridgeMeters;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.frame.FrameCodec;
import java.time.InstantSource;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What all sessions of a bridge share.
 *
 * @param outbound bytes waiting to leave by all sockets together
 * @param unwritten bytes of all agents that wait for Redis
 * @param clock what time it is
 * @param nanos a clock that only runs forward
 * @param ids makes ids nobody has used
 */
public record SessionContext(
        BridgeId bridge,
        SessionLimits limits,
        FrameCodec codec,
        Sessions sessions,
        Claims claims,
        Ingress ingress,
        ByteBudget outbound,
        ByteBudget unwritten,
        BridgeMeters meters,
        InstantSource clock,
        LongSupplier nanos,
        Supplier<UUID> ids) {}
