package io.viworks.admin.command;

import io.viworks.admin.redis.Answer;
import io.viworks.backplane.WorldAway;
import io.viworks.backplane.ownership.Owner;
import io.viworks.backplane.ownership.Owners;
import io.viworks.protocol.AgentId;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Looks up who holds a gateway, without waiting long for it. Thread-safe. */
@Component
final class Holders {
    /** Longest wait: a slow Redis must not hold a command up for longer. */
    static final Duration PATIENCE = Duration.ofSeconds(1);

    private static final Logger log = LoggerFactory.getLogger(Holders.class);

    private final Owners owners;

    Holders(Owners owners) {
        this.owners = owners;
    }

    /** What is known. */
    sealed interface Holder {
        /** The owner, unless it is not known. */
        default Optional<Owner> known() {
            return this instanceof Held(Owner owner) ? Optional.of(owner) : Optional.empty();
        }
    }

    /** A bridge holds it. */
    record Held(Owner owner) implements Holder {}

    /** No bridge holds it. */
    record Nobody() implements Holder {}

    /** Redis is away, or its answer makes no sense. */
    record Away(WorldAway why) implements Holder {}

    /** Who holds several gateways. */
    sealed interface AllHolders {
        /** The owners that are known. */
        default Map<AgentId, Owner> known() {
            return switch (this) {
                case AllHeld(Map<AgentId, Owner> owners) -> owners;
                case AllAway _ -> Map.of();
            };
        }
    }

    /** Those that are held, by whom. */
    record AllHeld(Map<AgentId, Owner> owners) implements AllHolders {
        /** Copies the map. */
        AllHeld {
            owners = Map.copyOf(owners);
        }
    }

    /** Redis is away, or its answer makes no sense. */
    record AllAway(WorldAway why) implements AllHolders {}

    Holder of(AgentId agentId) {
        return ask(agentId).get();
    }

    /** Asks for the holder now; the answer is waited for when it is wanted. */
    Supplier<Holder> ask(AgentId agentId) {
        List<AgentId> agents = List.of(agentId);
        CompletionStage<Map<AgentId, Owner>> asked = owners.find(agents);
        return () ->
                switch (answer(asked, agents)) {
                    case AllHeld(Map<AgentId, Owner> held) ->
                            Optional.ofNullable(held.get(agentId))
                                    .<Holder>map(Held::new)
                                    .orElseGet(Nobody::new);
                    case AllAway(WorldAway why) -> new Away(why);
                };
    }

    AllHolders of(Collection<AgentId> agents) {
        return answer(owners.find(agents), agents);
    }

    private static AllHolders answer(
            CompletionStage<Map<AgentId, Owner>> asked, Collection<AgentId> agents) {
        try {
            return new AllHeld(Answer.of(asked, PATIENCE));
        } catch (WorldAway away) {
            return new AllAway(away);
        } catch (RuntimeException nonsense) {
            // An answer that cannot be read says no more than none: the ledger takes the command.
            log.atError()
                    .addKeyValue("event", "owner_unreadable")
                    .addKeyValue("agent_id", agents.iterator().next())
                    .setCause(nonsense)
                    .log("what Redis holds as the owner of a gateway cannot be read");
            return new AllAway(new WorldAway("the owner in Redis cannot be read", nonsense));
        }
    }
}
