package io.viworks.admin.gateway;

import io.viworks.admin.problem.InputError;
import io.viworks.admin.sql.Conditions;
import io.viworks.admin.token.Caller;
import io.viworks.protocol.AgentId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Finds the gateways that are like something, for what is done to many of them. Thread-safe. */
@Component
public final class GatewaySelection {
    /** Longest text in characters, as in the list's parameters. */
    private static final int MAX_TEXT = 512;

    private final JdbcClient jdbc;

    GatewaySelection(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * What they are like, with the meaning of the list's filters: all that is given must hold.
     *
     * @param labels {@code key=value, key!=value, key} or {@code !key}
     * @param site as set by an admin; the empty one is of gateways without a site
     * @param status any of these; with none, all but decommissioned ones
     * @param q part of the id, of the display name or of the hostname
     */
    public record Selector(
            List<String> labels, @Nullable String site, List<String> status, @Nullable String q) {
        /** Copies the lists. */
        public Selector {
            labels = List.copyOf(labels);
            status = List.copyOf(status);
        }

        /** What is wrong with it, by pointers below this one. */
        public List<InputError> errors(String pointer) {
            List<InputError> errors = new ArrayList<>();
            if (labels.size() > LabelSelector.MAX) {
                errors.add(
                        InputError.at(pointer + "/labels", "must be at most " + LabelSelector.MAX));
            }
            for (int i = 0; i < labels.size(); i++) {
                checkLabel(labels.get(i), pointer + "/labels/" + i, errors);
            }
            for (int i = 0; i < status.size(); i++) {
                if (!GatewayFilter.STATUSES.contains(status.get(i))) {
                    errors.add(
                            InputError.at(
                                    pointer + "/status/" + i,
                                    "must be one of " + String.join(", ", GatewayFilter.STATUSES)));
                }
            }
            checkText(site, pointer + "/site", errors);
            checkText(q, pointer + "/q", errors);
            return errors;
        }

        private static void checkLabel(String label, String pointer, List<InputError> errors) {
            int before = errors.size();
            checkText(label, pointer, errors);
            if (errors.size() == before) {
                try {
                    LabelSelector _ = LabelSelector.parse(label);
                } catch (IllegalArgumentException e) {
                    errors.add(InputError.at(pointer, String.valueOf(e.getMessage())));
                }
            }
        }

        private static void checkText(
                @Nullable String text, String pointer, List<InputError> errors) {
            if (text != null && !isPlain(text)) {
                errors.add(
                        InputError.at(
                                pointer,
                                "must have at most "
                                        + MAX_TEXT
                                        + " characters and no control characters"));
            }
        }

        private static boolean isPlain(String text) {
            return text.length() <= MAX_TEXT
                    && text.codePoints()
                            .noneMatch(c ->
                                    Character.isISOControl(c)
                                            || Character.getType(c) == Character.SURROGATE);
        }
    }

    /** Those that the caller may see, by their ids; {@code most} at most. */
    public List<AgentId> find(Caller caller, Selector selector, int most) {
        Conditions where = Visibility.ofGateways(caller, new Conditions());
        new GatewayFilter(
                        selector.status(),
                        selector.site(),
                        LabelSelector.parseAll(selector.labels()),
                        selector.q(),
                        null,
                        null,
                        null)
                .addTo(where, Instant.EPOCH);
        return jdbc.sql(
                        """
                        select g.agent_id from os_gateways g
                        where %s
                        order by g.agent_id
                        limit %d
                        """
                                .formatted(where.sql(), most))
                .params(where.parameters())
                .query((row, _) -> AgentId.of(row.getString("agent_id")))
                .list();
    }
}
