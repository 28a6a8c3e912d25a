package io.viworks.admin.command;

import com.fasterxml.jackson.annotation.JsonFormat;
import io.swagger.v3.oas.annotations.media.Schema;
import io.viworks.admin.gateway.GatewaySelection;
import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.protocol.AgentId;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The body of the same command to many gateways, as it was sent.
 *
 * @param command the verb
 * @param parameters its arguments; none are an empty object
 * @param ttlS seconds within which each must start
 * @param timeoutS seconds each may run; the verb's own unless said
 * @param delivery {@code QUEUE} waits for a gateway, {@code IMMEDIATE} never does
 * @param agentIds the gateways by name; this or {@code selector}
 * @param selector what the gateways are like; this or {@code agentIds}
 */
record BatchRequest(
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
        @Nullable List<@Nullable String> agentIds,
        @Nullable Selector selector) {
    /** Without the parameters: they may be secret, and frameworks write bodies into their logs. */
    @Override
    public String toString() {
        return "BatchRequest[" + command + "]";
    }

    /**
     * What the gateways are like; at least one of these, and all that is given must hold.
     *
     * @param labels {@code key=value, key!=value, key} or {@code !key}
     * @param site as set by an admin
     * @param status any of these; without it all but decommissioned ones
     * @param q part of the id, of the display name or of the hostname
     */
    record Selector(
            @Schema(example = "[\"env=prod\"]") @Nullable List<@Nullable String> labels,
            @Nullable String site,
            @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
                    @Nullable List<@Nullable String> status,
            @Nullable String q) {
        boolean isEmpty() {
            return isEmpty(labels) && isEmpty(status) && site == null && (q == null || q.isEmpty());
        }

        private static boolean isEmpty(@Nullable List<?> list) {
            return list == null || list.isEmpty();
        }
    }

    /** Which gateways are meant. */
    sealed interface Chosen {
        /** As it was asked for: what tells this request from another under the same name. */
        ObjectNode meaning();
    }

    /** These, each once. */
    record Named(Set<AgentId> agents) implements Chosen {
        @Override
        public ObjectNode meaning() {
            ArrayNode names = JsonNodeFactory.instance.arrayNode();
            agents.stream().map(AgentId::value).sorted().forEach(names::add);
            return JsonNodeFactory.instance.objectNode().set("agent_ids", names);
        }
    }

    /** Those that are like this. */
    record Like(GatewaySelection.Selector selector) implements Chosen {
        @Override
        public ObjectNode meaning() {
            ObjectNode like = JsonNodeFactory.instance.objectNode();
            ArrayNode all = like.putArray("labels");
            selector.labels().stream().sorted().forEach(all::add);
            like.put("site", selector.site());
            ArrayNode any = like.putArray("status");
            selector.status().stream().sorted().forEach(any::add);
            return like.put("q", selector.q());
        }
    }

    /** A request whose values are in their bounds. */
    record Asked(CommandRequest.Asked command, Chosen chosen) {}

    /**
     * The request with every value checked for itself.
     *
     * @throws Refusal {@link ProblemCode#INVALID_BODY} with the mistakes
     */
    Asked checked() {
        CommandRequest.Asked asked =
                new CommandRequest(command, parameters, ttlS, timeoutS, delivery, null).checked();
        List<InputError> errors = new ArrayList<>();
        Chosen chosen = chosen(errors);
        if (!errors.isEmpty()) {
            throw Refusal.of(
                    ProblemCode.INVALID_BODY, "the body has fields that are wrong", errors);
        }
        return new Asked(asked, chosen);
    }

    private Chosen chosen(List<InputError> errors) {
        if ((agentIds == null) == (selector == null)) {
            errors.add(InputError.at("", "needs agent_ids or selector, one of them"));
            return new Named(Set.of());
        }
        return agentIds == null ? like(selector, errors) : named(agentIds, errors);
    }

    private static Named named(List<@Nullable String> ids, List<InputError> errors) {
        Set<AgentId> agents = new LinkedHashSet<>();
        if (ids.isEmpty()) {
            errors.add(InputError.at("/agent_ids", "must name at least one gateway"));
        }
        for (int i = 0; i < ids.size() && errors.size() < 20; i++) {
            String id = ids.get(i);
            try {
                agents.add(AgentId.of(id == null ? "" : id));
            } catch (IllegalArgumentException e) {
                errors.add(
                        InputError.at(
                                "/agent_ids/" + i,
                                "must have the form [A-Za-z0-9][A-Za-z0-9._-]{0,63}"));
            }
        }
        return new Named(agents);
    }

    private static Like like(@Nullable Selector asked, List<InputError> errors) {
        if (asked == null || asked.isEmpty()) {
            errors.add(
                    InputError.at(
                            "/selector", "must say at least one of labels, site, status and q"));
            return new Like(new GatewaySelection.Selector(List.of(), null, List.of(), null));
        }
        GatewaySelection.Selector selector =
                new GatewaySelection.Selector(
                        texts(asked.labels(), "/selector/labels", errors),
                        asked.site(),
                        texts(asked.status(), "/selector/status", errors),
                        asked.q());
        errors.addAll(selector.errors("/selector"));
        return new Like(selector);
    }

    private static List<String> texts(
            @Nullable List<@Nullable String> values, String pointer, List<InputError> errors) {
        List<String> texts = new ArrayList<>();
        for (String value : values == null ? List.<@Nullable String>of() : values) {
            if (value == null) {
                errors.add(InputError.at(pointer, "must hold texts only"));
            } else {
                texts.add(value);
            }
        }
        return texts;
    }
}
