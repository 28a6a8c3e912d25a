package io.viworks.admin.command;

import io.swagger.v3.oas.annotations.media.Schema;
import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.ledger.Delivery;
import io.viworks.protocol.CorrelationId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The body of a new command, as it was sent.
 *
 * @param command the verb
 * @param parameters its arguments; none are an empty object
 * @param ttlS seconds within which it must start
 * @param timeoutS seconds it may run; the verb's own unless said
 * @param delivery {@code QUEUE} waits for the gateway, {@code IMMEDIATE} never does
 * @param correlationId names the command; sent again it is the same command
 */
record CommandRequest(
        @Schema(example = "echo", requiredMode = Schema.RequiredMode.REQUIRED)
                @Nullable String command,
        @Schema(type = "object", example = "{\"message\": \"hello\"}")
                @Nullable ObjectNode parameters,
        @Schema(minimum = "1", maximum = "604800", defaultValue = "60") @Nullable Integer ttlS,
        @Schema(minimum = "1", maximum = "3600") @Nullable Integer timeoutS,
        @Schema(
                        allowableValues = {"QUEUE", "IMMEDIATE"},
                        defaultValue = "QUEUE")
                @Nullable String delivery,
        @Schema(format = "uuid") @Nullable String correlationId) {
    /** Without the parameters: they may be secret, and frameworks write bodies into their logs. */
    @Override
    public String toString() {
        return "CommandRequest[" + command + "]";
    }

    private static final int DEFAULT_TTL_S = 60;
    private static final int MAX_TTL_S = 7 * 24 * 3600;
    private static final int MAX_TIMEOUT_S = 3600;

    /**
     * The request with every value checked for itself; the verb is not looked up yet.
     *
     * @throws Refusal {@link ProblemCode#INVALID_BODY} with all mistakes
     */
    Asked checked() {
        List<InputError> errors = new ArrayList<>();
        if (command == null || command.isBlank()) {
            errors.add(InputError.at("/command", "is needed: the name of a verb"));
        }
        within(ttlS, MAX_TTL_S, "/ttl_s", errors);
        within(timeoutS, MAX_TIMEOUT_S, "/timeout_s", errors);
        Delivery asked = Delivery.QUEUE;
        if (delivery != null) {
            switch (delivery) {
                case "QUEUE" -> asked = Delivery.QUEUE;
                case "IMMEDIATE" -> asked = Delivery.IMMEDIATE;
                default -> errors.add(InputError.at("/delivery", "must be QUEUE or IMMEDIATE"));
            }
        }
        @Nullable CorrelationId id = null;
        if (correlationId != null) {
            try {
                id = CorrelationId.of(correlationId);
            } catch (IllegalArgumentException e) {
                errors.add(InputError.at("/correlation_id", "must be a lower-case UUID"));
            }
        }
        if (!errors.isEmpty() || command == null) {
            throw Refusal.of(
                    ProblemCode.INVALID_BODY, "the body has fields that are wrong", errors);
        }
        return new Asked(
                command,
                parameters == null ? JsonNodeFactory.instance.objectNode() : parameters,
                Duration.ofSeconds(ttlS == null ? DEFAULT_TTL_S : ttlS),
                Optional.ofNullable(timeoutS).map(Duration::ofSeconds),
                asked,
                Optional.ofNullable(id));
    }

    private static void within(
            @Nullable Integer value, int max, String pointer, List<InputError> errors) {
        if (value != null && (value < 1 || value > max)) {
            errors.add(InputError.at(pointer, "must be a whole number from 1 to " + max));
        }
    }

    /** A request whose values are in their bounds. */
    record Asked(
            String verb,
            ObjectNode arguments,
            Duration ttl,
            Optional<Duration> timeout,
            Delivery delivery,
            Optional<CorrelationId> correlationId) {
        /** Without the arguments: they may be secret. */
        @Override
        public String toString() {
            return "Asked[" + verb + "]";
        }
    }
}
