package io.viworks.admin.event.live;

import io.viworks.admin.token.Caller;
import io.viworks.backplane.stream.CommandEvent;
import io.viworks.backplane.stream.GatewayEvent;
import io.viworks.backplane.stream.LostEvents;
import io.viworks.backplane.stream.StreamRecord.OfEvents;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which changes a caller wants and may see; an empty set means all.
 *
 * @param kinds {@code GATEWAY}, {@code COMMAND}
 * @param command the only command wanted
 */
record EventInterest(
        Caller caller,
        Set<String> kinds,
        Set<AgentId> agents,
        Set<String> sites,
        Set<UUID> batches,
        @Nullable CorrelationId command)
        implements Interest<OfEvents> {
    /** Copies the sets. */
    EventInterest {
        kinds = Set.copyOf(kinds);
        agents = Set.copyOf(agents);
        sites = Set.copyOf(sites);
        batches = Set.copyOf(batches);
    }

    /** The moves of one command, which the caller may see. */
    static EventInterest of(Caller caller, AgentId agent, CorrelationId command) {
        return new EventInterest(
                caller, Set.of("COMMAND"), Set.of(agent), Set.of(), Set.of(), command);
    }

    @Override
    public boolean needsSites() {
        return !sites.isEmpty() || !caller.sites().isEmpty();
    }

    @Override
    public boolean wants(OfEvents event, Map<AgentId, String> siteOf) {
        return switch (event) {
            case LostEvents _ -> true;
            case GatewayEvent gateway ->
                    wantsKind(gateway.kind())
                            && batches.isEmpty()
                            && isInView(gateway.agentId(), siteOf);
            case CommandEvent moved ->
                    wantsKind(moved.kind())
                            && (command == null || command.equals(moved.correlationId()))
                            && (batches.isEmpty() || batches.contains(batchOf(moved)))
                            && (caller.verbs().isEmpty() || caller.verbs().contains(moved.verb()))
                            && isInView(moved.agentId(), siteOf);
        };
    }

    private static UUID batchOf(CommandEvent moved) {
        UUID batch = moved.batchId();
        return batch == null ? new UUID(0, 0) : batch;
    }

    private boolean wantsKind(String kind) {
        return kinds.isEmpty() || kinds.contains(kind);
    }

    private boolean isInView(AgentId agent, Map<AgentId, String> siteOf) {
        if (!agents.isEmpty() && !agents.contains(agent)) {
            return false;
        }
        if (!needsSites()) {
            return true;
        }
        String site = siteOf.get(agent);
        return site != null
                && (sites.isEmpty() || sites.contains(site))
                && (caller.sites().isEmpty() || caller.sites().contains(site));
    }
}
