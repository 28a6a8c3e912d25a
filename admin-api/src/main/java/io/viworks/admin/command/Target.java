package io.viworks.admin.command;

import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.verb.Verb;
import java.util.List;
import java.util.Optional;

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
        refusal(verb)
                .ifPresent(refusal -> {
                    throw refusal;
                });
    }

    /** Why this gateway must not, or cannot, be sent this verb. */
    Optional<Refusal> refusal(Verb verb) {
        if (decommissioned) {
            return Optional.of(
                    Refusal.of(
                            ProblemCode.GATEWAY_DECOMMISSIONED,
                            "an admin must restore \"" + agentId + "\""));
        }
        if (cloneSuspected) {
            return Optional.of(
                    Refusal.of(
                            ProblemCode.CLONE_SUSPECTED,
                            "two live machines used the id \""
                                    + agentId
                                    + "\"; no commands until an admin has cleared it"));
        }
        if (!supportedVerbs.isEmpty() && !supportedVerbs.contains(verb.name())) {
            return Optional.of(
                    Refusal.of(
                            ProblemCode.VERB_UNSUPPORTED,
                            "the agent of \"" + agentId + "\" does not offer " + verb.name()));
        }
        return Optional.empty();
    }

    /** Refuses secrets to a gateway that every holder of the shared secret can speak for. */
    void admitSecrets(Verb verb) {
        refusalOfSecrets(verb)
                .ifPresent(refusal -> {
                    throw refusal;
                });
    }

    /** Why this gateway must not be sent secrets. */
    Optional<Refusal> refusalOfSecrets(Verb verb) {
        return enrolled
                ? Optional.empty()
                : Optional.of(
                        Refusal.of(
                                ProblemCode.NOT_ENROLLED,
                                verb.name()
                                        + " has secret arguments, and \""
                                        + agentId
                                        + "\" is not enrolled with a key of its own"));
    }
}
