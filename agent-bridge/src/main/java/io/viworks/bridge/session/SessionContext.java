package io.viworks.bridge.session;

import io.netty.channel.EventLoop;
import io.viworks.bridge.ingress.Ingress;
import io.viworks.bridge.limit.ByteBudget;
import io.viworks.bridge.metrics.BridgeMeters;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.service.trace.Tracing;
import java.time.InstantSource;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What all sessions of a bridge share.
 *
 * @param joining told, on its thread, of each event loop that has a session
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
        Consumer<EventLoop> joining,
        ByteBudget outbound,
        ByteBudget unwritten,
        BridgeMeters meters,
        Tracing tracing,
        InstantSource clock,
        LongSupplier nanos,
        Supplier<UUID> ids) {}
