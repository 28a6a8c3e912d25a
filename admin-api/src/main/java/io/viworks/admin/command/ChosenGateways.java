package io.viworks.admin.command;

import io.viworks.admin.command.BatchRequest.Chosen;
import io.viworks.admin.command.BatchRequest.Like;
import io.viworks.admin.command.BatchRequest.Named;
import io.viworks.admin.gateway.GatewaySelection;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.token.Caller;
import io.viworks.protocol.AgentId;
import java.util.List;
import java.util.Set;
import org.springframework.stereotype.Component;

/** Finds the gateways that a batch is for. Thread-safe. */
@Component
final class ChosenGateways {
    private final GatewaySelection selection;
    private final int most;

    ChosenGateways(GatewaySelection selection, CommandSettings settings) {
        this.selection = selection;
        this.most = settings.batchMax();
    }

    /**
     * The gateways. Those that are named are so whether they are there or not: each is told its own
     * refusal.
     *
     * @throws Refusal {@link ProblemCode#TOO_MANY_GATEWAYS}
     */
    List<AgentId> find(Caller caller, Chosen chosen) {
        List<AgentId> found =
                switch (chosen) {
                    case Named(Set<AgentId> agents) -> List.copyOf(agents);
                    case Like like -> selection.find(caller, like.selector(), most + 1);
                };
        if (found.size() > most) {
            throw Refusal.of(
                    ProblemCode.TOO_MANY_GATEWAYS,
                    "a batch has at most "
                            + most
                            + " gateways (VIW_BATCH_MAX); choose by site, label or part of the"
                            + " name, and send several");
        }
        return found;
    }
}
