package io.viworks.admin.command;

import io.viworks.admin.redis.Answer;
import io.viworks.backplane.WorldAway;
import io.viworks.backplane.ownership.Owner;
import io.viworks.backplane.ownership.Owners;
import io.viworks.protocol.AgentId;
import java.time.Duration;
import java.util.Optional;
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

    Holder of(AgentId agentId) {
        try {
            return Answer.of(owners.find(agentId), PATIENCE)
                    .<Holder>map(Held::new)
                    .orElseGet(Nobody::new);
        } catch (WorldAway away) {
            return new Away(away);
        } catch (RuntimeException nonsense) {
            // An answer that cannot be read says no more than none: the ledger takes the command.
            log.atError()
                    .addKeyValue("event", "owner_unreadable")
                    .addKeyValue("agent_id", agentId)
                    .setCause(nonsense)
                    .log("what Redis holds as the owner of a gateway cannot be read");
            return new Away(new WorldAway("the owner in Redis cannot be read", nonsense));
        }
    }
}
