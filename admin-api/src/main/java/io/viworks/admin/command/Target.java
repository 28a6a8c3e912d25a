package io.viworks.admin.command;

import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.verb.Verb;
import java.util.List;

/**
 * The gateway a command is for, as far as it decides whether it may have the command.
 *
 * @param supportedVerbs what its agent offers; empty when it never said
 * @param enrolled whether it has a credential of its own that is valid
 */
record Target(
        AgentId agentId,
        boolean decommissioned,
        boolean cloneSuspected,
        List<Object> supportedVerbs,
        boolean enrolled) {
    Target {
        supportedVerbs = List.copyOf(supportedVerbs);
    }

    /** Refuses a verb that this gateway must not, or cannot, be sent. */
    void admit(Verb verb) {
        if (decommissioned) {
            throw Refusal.of(
                    ProblemCode.GATEWAY_DECOMMISSIONED,
                    "an admin must restore \"" + agentId + "\"");
        }
        if (cloneSuspected) {
            throw Refusal.of(
                    ProblemCode.CLONE_SUSPECTED,
                    "two live machines used the id \""
                            + agentId
                            + "\"; no commands until an admin has cleared it");
        }
        if (!supportedVerbs.isEmpty() && !supportedVerbs.contains(verb.name())) {
            throw Refusal.of(
                    ProblemCode.VERB_UNSUPPORTED,
                    "the agent of \"" + agentId + "\" does not offer " + verb.name());
        }
    }

    /**
     * Why this gateway is not sent a secret. A secret may be stored and carried only sealed (spec
     * 4, "Secrets"), and nothing here seals: it is refused whatever the gateway, never in clear.
     *
     * @param onSharedSecret whether secrets may go to a gateway without a credential of its own
     */
    Refusal refusalOfSecret(Verb verb, boolean onSharedSecret) {
        return enrolled || onSharedSecret
                ? Refusal.of(
                        ProblemCode.SECRETS_UNAVAILABLE,
                        verb.name() + " has secret arguments, and nothing here can seal them")
                : Refusal.of(
                        ProblemCode.NOT_ENROLLED,
                        verb.name()
                                + " has secret arguments, and \""
                                + agentId
                                + "\" is not enrolled with a key of its own");
    }
}
