package io.viworks.admin.gateway;

import io.viworks.admin.audit.AuditLog;
import io.viworks.admin.event.Changes;
import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.token.Caller;
import io.viworks.backplane.stream.GatewayEvent.What;
import io.viworks.protocol.AgentId;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** Changes what admins own of a gateway, one at a time. Thread-safe. */
final class GatewayEdits {
    private final EditableGateways gateways;
    private final JdbcClient jdbc;
    private final AuditLog audit;
    private final Changes changes;
    private final TransactionTemplate transaction;
    private final JsonMapper json;

    GatewayEdits(
            EditableGateways gateways,
            JdbcClient jdbc,
            AuditLog audit,
            Changes changes,
            TransactionTemplate transaction,
            JsonMapper json) {
        this.gateways = gateways;
        this.jdbc = jdbc;
        this.audit = audit;
        this.changes = changes;
        this.transaction = transaction;
        this.json = json;
    }

    /**
     * Edits a gateway. A patch that changes nothing leaves its version as it was.
     *
     * @param ifMatch the header
     * @throws Refusal when the caller may not, or another edit came first
     */
    void edit(
            Caller caller,
            AgentId agentId,
            @Nullable String ifMatch,
            GatewayPatch patch,
            String from) {
        transaction.executeWithoutResult(_ -> {
            EditableGateway gateway = lock(caller, agentId);
            EditTag.require(ifMatch, gateway.editVersion());
            if (gateway.isDecommissioned()) {
                throw Refusal.of(
                        ProblemCode.GATEWAY_DECOMMISSIONED,
                        "an admin must restore \"" + agentId + "\"");
            }
            GatewayPatch.Written before = written(gateway);
            GatewayPatch.Written after = patch.on(before);
            if (after.equals(before)) {
                return;
            }
            admitSite(caller, before, after);
            gateway.edit(
                    after.displayName(),
                    after.site(),
                    json.writeValueAsString(after.labels()),
                    after.notes());
            gateways.saveAndFlush(gateway);
            audit.changed(
                    caller.name(), "gateway.edit", agentId.value(), from, detail(before, after));
            changes.gateway(agentId, What.EDITED);
        });
    }

    private EditableGateway lock(Caller caller, AgentId agentId) {
        boolean any = caller.seesAllSites();
        return gateways.lock(agentId.value(), any, any ? List.of("") : caller.sites())
                .orElseThrow(() -> Gateways.unknown(agentId));
    }

    /** Whoever sees some sites only must not lose a gateway to another, nor to none. */
    private static void admitSite(
            Caller caller, GatewayPatch.Written before, GatewayPatch.Written after) {
        boolean stays = Objects.equals(before.site(), after.site());
        if (!stays
                && !caller.seesAllSites()
                && (after.site() == null || !caller.sites().contains(after.site()))) {
            throw Refusal.of(
                    ProblemCode.SITE_FORBIDDEN,
                    "the token of \"" + caller.name() + "\" is for some sites only",
                    List.of(InputError.at("/site", "must be a site that the token is for")));
        }
    }

    private GatewayPatch.Written written(EditableGateway gateway) {
        return new GatewayPatch.Written(
                gateway.displayName(),
                gateway.site(),
                json.readValue(gateway.labels(), new TypeReference<Map<String, String>>() {}),
                gateway.notes());
    }

    private Map<String, String> detail(GatewayPatch.Written before, GatewayPatch.Written after) {
        Map<String, String> detail = new TreeMap<>();
        compare(detail, "display_name", before::displayName, after::displayName);
        compare(detail, "site", before::site, after::site);
        compare(
                detail,
                "labels",
                () -> json.writeValueAsString(before.labels()),
                () -> json.writeValueAsString(after.labels()));
        compare(detail, "notes", before::notes, after::notes);
        return detail;
    }

    private static void compare(
            Map<String, String> detail,
            String what,
            Supplier<@Nullable String> before,
            Supplier<@Nullable String> after) {
        String old = Objects.requireNonNullElse(before.get(), "");
        String young = Objects.requireNonNullElse(after.get(), "");
        if (!old.equals(young)) {
            detail.put(what + "_before", old);
            detail.put(what + "_after", young);
        }
    }

    /**
     * Gives the all-clear: sessions until now no longer count as a clone's, and commands are
     * accepted again. Nothing happens to a gateway that is under no suspicion.
     *
     * @throws Refusal when there is none that the caller may see
     */
    void clearClone(Caller caller, AgentId agentId, String from) {
        transaction.executeWithoutResult(_ -> {
            lock(caller, agentId);
            // Not before the newest session: the clocks of bridges may be ahead of this one.
            int cleared =
                    jdbc.sql(
                                    """
                                    update os_gateways g
                                    set clone_suspected = false, edit_version = edit_version + 1,
                                        clone_cleared_at = greatest(clock_timestamp(),
                                          (select max(s.connected_at) from agent_sessions s
                                           where s.agent_id = g.agent_id))
                                    where agent_id = :agent_id and clone_suspected
                                    """)
                            .param("agent_id", agentId.value())
                            .update();
            if (cleared > 0) {
                audit.changed(
                        caller.name(), "gateway.clear_clone", agentId.value(), from, Map.of());
                changes.gateway(agentId, What.CLONE_CLEARED);
            }
        });
    }
}
