package io.viworks.telemetry;

import io.viworks.backplane.stream.EventAppender;
import io.viworks.backplane.stream.GatewayEvent;
import io.viworks.backplane.stream.GatewayEvent.What;
import io.viworks.protocol.AgentId;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Tells on {@code viw.events} what has become of gateways, after the commit: only what has changed,
 * and nothing for a frame of telemetry. Thread-safe.
 */
final class GatewayEvents {
    private final EventAppender appender;
    private final InstantSource clock;

    GatewayEvents(EventAppender appender, InstantSource clock) {
        this.appender = appender;
        this.clock = clock;
    }

    /** A gateway that has come into another status, both as their column has them. */
    record Settled(String agent, String was, String becomes) {}

    /** Never waits and never fails. */
    void tell(List<Settled> settled, List<String> clones) {
        if (settled.isEmpty() && clones.isEmpty()) {
            return;
        }
        Instant now = clock.instant();
        List<GatewayEvent> events = new ArrayList<>();
        for (Settled one : settled) {
            events.add(
                    new GatewayEvent(
                            AgentId.of(one.agent()),
                            now,
                            what(one.becomes()),
                            Map.of("was", one.was())));
        }
        clones.forEach(
                agent -> events.add(GatewayEvent.of(AgentId.of(agent), now, What.CLONE_SUSPECTED)));
        appender.tell(events);
    }

    private static What what(String status) {
        return switch (status) {
            case "connected" -> What.CONNECTED;
            case "disconnected" -> What.DISCONNECTED;
            case "unknown" -> What.UNKNOWN;
            default -> throw new IllegalStateException("nobody settles as " + status);
        };
    }
}
