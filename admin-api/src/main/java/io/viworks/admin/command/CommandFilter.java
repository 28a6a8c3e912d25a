package io.viworks.admin.command;

import io.viworks.admin.gateway.Visibility;
import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.sql.Conditions;
import io.viworks.admin.token.Caller;
import io.viworks.ledger.CommandState;
import io.viworks.protocol.AgentId;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which commands of the ledger are asked for. All that is given must hold; of several values of one
 * filter, any.
 *
 * @param site as admins set it for the gateway
 * @param origin {@code api} or {@code stream}
 * @param from the earliest instant of issue, itself included
 * @param to the first instant no more included
 */
record CommandFilter(
        List<String> states,
        List<String> verbs,
        List<String> agents,
        @Nullable String site,
        @Nullable String issuedBy,
        @Nullable UUID batchId,
        @Nullable String origin,
        @Nullable Instant from,
        @Nullable Instant to) {
    /** Values of one filter at most. */
    private static final int MAX_VALUES = 100;

    private static final List<String> STATES =
            Arrays.stream(CommandState.values()).map(Enum::name).toList();
    private static final List<String> ORIGINS = List.of("api", "stream");

    /** Checks the words. */
    CommandFilter {
        states = List.copyOf(states);
        verbs = List.copyOf(verbs);
        agents = List.copyOf(agents);
        if (!STATES.containsAll(states)) {
            throw refusal("state", "must be one of " + String.join(", ", STATES));
        }
        if (origin != null && !ORIGINS.contains(origin)) {
            throw refusal("origin", "must be one of " + String.join(", ", ORIGINS));
        }
        checkSize("state", states);
        checkSize("verb", verbs);
        checkSize("agent_id", agents);
        for (String agent : agents) {
            checkAgent(agent);
        }
    }

    private static void checkSize(String parameter, List<String> values) {
        if (values.size() > MAX_VALUES) {
            throw refusal(parameter, "may be given at most " + MAX_VALUES + " times");
        }
    }

    private static void checkAgent(String text) {
        try {
            AgentId _ = AgentId.of(text);
        } catch (IllegalArgumentException e) {
            throw refusal("agent_id", "must have the form [A-Za-z0-9][A-Za-z0-9._-]{0,63}");
        }
    }

    /**
     * The id of a batch as a parameter.
     *
     * @throws Refusal {@link ProblemCode#BAD_PARAMETER}
     */
    static @Nullable UUID batch(@Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            UUID id = UUID.fromString(text);
            if (id.toString().equals(text)) {
                return id;
            }
        } catch (IllegalArgumentException e) {
            // Said below.
        }
        throw refusal("batch_id", "must be a lower-case UUID");
    }

    private static Refusal refusal(String parameter, String message) {
        return Refusal.of(
                ProblemCode.BAD_PARAMETER,
                "a filter is wrong",
                List.of(InputError.in(parameter, message)));
    }

    /**
     * The conditions on the command {@code c} and on its gateway {@code g}, which may be absent.
     */
    Conditions conditions(Caller caller) {
        Conditions where = Visibility.ofCommands(caller, new Conditions());
        any(where, "c.state", "state", states);
        any(where, "c.verb", "verb", verbs);
        any(where, "c.agent_id", "agent_id", agents);
        if (site != null) {
            where.and("g.site = :site", "site", site);
        }
        if (issuedBy != null) {
            where.and("c.issued_by_admin_id = :issued_by", "issued_by", issuedBy);
        }
        if (batchId != null) {
            where.and("c.batch_id = :batch_id", "batch_id", batchId);
        }
        if (origin != null) {
            where.and("c.origin = '" + (origin.equals("stream") ? "stream" : "api") + "'");
        }
        if (from != null) {
            where.and("c.issued_at >= :from", "from", from.atOffset(ZoneOffset.UTC));
        }
        if (to != null) {
            where.and("c.issued_at < :to", "to", to.atOffset(ZoneOffset.UTC));
        }
        return where;
    }

    /** The sites that it is about; none stands for all. */
    Set<String> sites(Caller caller) {
        return site == null ? caller.sites() : Set.of(site);
    }

    /** One value is asked for as one: an index then has the rows in their order. */
    private static void any(Conditions where, String column, String name, List<String> values) {
        List<String> distinct = values.stream().distinct().collect(Collectors.toList());
        if (distinct.size() == 1) {
            where.and(column + " = :" + name, name, distinct.getFirst());
        } else if (!distinct.isEmpty()) {
            where.and(column + " = any (:" + name + ")", name, distinct.toArray(String[]::new));
        }
    }
}
