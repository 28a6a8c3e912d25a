package io.viworks.admin.enrolment;

import io.swagger.v3.oas.annotations.media.Schema;
import io.viworks.admin.gateway.Metadata;
import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.protocol.AgentId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The body that asks for a join token.
 *
 * @param agentId the only gateway it is for; without it, any that never had a key of its own
 * @param uses how many gateways may come by it; one when it is for one
 * @param ttlS seconds it is good for
 * @param site what gateways get that come by it
 * @param labels what gateways get that come by it
 */
record JoinTokenRequest(
        @Nullable String agentId,
        @Schema(minimum = "1", maximum = "10000", defaultValue = "1") @Nullable Integer uses,
        @Schema(minimum = "60", maximum = "2592000", defaultValue = "86400") @Nullable Integer ttlS,
        @Nullable String site,
        @Nullable Map<String, String> labels) {
    static final int DEFAULT_TTL_S = 24 * 3600;
    private static final int MIN_TTL_S = 60;
    private static final int MAX_TTL_S = 30 * 24 * 3600;
    private static final int MAX_USES = 10_000;

    /**
     * The request with every value checked.
     *
     * @throws Refusal {@link ProblemCode#INVALID_BODY} with all mistakes
     */
    Asked checked() {
        List<InputError> errors = new ArrayList<>();
        int wanted = uses == null ? 1 : uses;
        if (wanted < 1 || wanted > MAX_USES) {
            errors.add(InputError.at("/uses", "must be a whole number from 1 to " + MAX_USES));
        } else if (agentId != null && wanted > 1) {
            errors.add(InputError.at("/uses", "must be 1 for a token that is for one gateway"));
        }
        int ttl = ttl(ttlS, errors);
        Optional<AgentId> agent = agent(agentId, errors);
        check(site, labels, errors);
        if (!errors.isEmpty()) {
            throw invalid(errors);
        }
        return new Asked(
                agent,
                wanted,
                Duration.ofSeconds(ttl),
                Optional.ofNullable(site),
                labels == null ? Map.of() : labels);
    }

    static int ttl(@Nullable Integer seconds, List<InputError> errors) {
        int ttl = seconds == null ? DEFAULT_TTL_S : seconds;
        if (ttl < MIN_TTL_S || ttl > MAX_TTL_S) {
            errors.add(
                    InputError.at(
                            "/ttl_s",
                            "must be a whole number from " + MIN_TTL_S + " to " + MAX_TTL_S));
        }
        return ttl;
    }

    static Optional<AgentId> agent(@Nullable String text, List<InputError> errors) {
        if (text == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(AgentId.of(text));
        } catch (IllegalArgumentException e) {
            errors.add(InputError.at("/agent_id", "must match [A-Za-z0-9][A-Za-z0-9._-]{0,63}"));
            return Optional.empty();
        }
    }

    static void check(
            @Nullable String site, @Nullable Map<String, String> labels, List<InputError> errors) {
        text(site, "/site", errors);
        if (labels != null) {
            Metadata.checkLabels(labels, errors);
        }
    }

    static void text(@Nullable String value, String pointer, List<InputError> errors) {
        Metadata.checkText(value, pointer, errors);
    }

    static Refusal invalid(List<InputError> errors) {
        return Refusal.of(ProblemCode.INVALID_BODY, "the body has fields that are wrong", errors);
    }

    /** A request whose values are in their bounds. */
    record Asked(
            Optional<AgentId> agentId,
            int uses,
            Duration ttl,
            Optional<String> site,
            Map<String, String> labels) {
        Asked {
            labels = Map.copyOf(labels);
        }
    }
}
