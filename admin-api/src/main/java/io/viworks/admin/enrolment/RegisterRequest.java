package io.viworks.admin.enrolment;

import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.Refusal;
import io.viworks.protocol.AgentId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The body that announces a gateway.
 *
 * @param agentId its id; made up when it is left out
 * @param name what people call it
 * @param ttlS seconds its join token is good for
 */
record RegisterRequest(
        @Nullable String agentId,
        @Nullable String name,
        @Nullable String site,
        @Nullable Map<String, String> labels,
        @Nullable Integer ttlS) {
    /**
     * The token it asks for, every value checked; the gateway's site and labels are the token's.
     *
     * @throws Refusal with all mistakes
     */
    JoinTokenRequest.Asked checked() {
        List<InputError> errors = new ArrayList<>();
        int ttl = JoinTokenRequest.ttl(ttlS, errors);
        Optional<AgentId> agent = JoinTokenRequest.agent(agentId, errors);
        JoinTokenRequest.text(name, "/name", errors);
        JoinTokenRequest.check(site, labels, errors);
        if (!errors.isEmpty()) {
            throw JoinTokenRequest.invalid(errors);
        }
        return new JoinTokenRequest.Asked(
                Optional.of(agent.orElseGet(() -> AgentId.of("gw-" + UUID.randomUUID()))),
                1,
                Duration.ofSeconds(ttl),
                Optional.ofNullable(site),
                labels == null ? Map.of() : labels);
    }
}
