package io.viworks.admin.audit.reading;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.tags.Tag;
import io.viworks.admin.openapi.Refuses;
import io.viworks.admin.paging.Limit;
import io.viworks.admin.paging.Page;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.sql.Columns;
import io.viworks.admin.sql.Conditions;
import io.viworks.admin.token.Role;
import io.viworks.admin.web.Needs;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Shows the audit log. For admins without a limit to sites. */
@RestController
@Tag(name = "audit")
final class AuditController {
    private final JdbcClient jdbc;
    private final Columns columns;

    AuditController(JdbcClient jdbc, Columns columns) {
        this.jdbc = jdbc;
        this.columns = columns;
    }

    @Operation(
            summary = "Who did what, and who was refused what; the newest first",
            description =
                    "Refused requests appear within a second. Of one caller 300 refusals a minute"
                            + " are written, of all strangers 60; what is more is counted, and the"
                            + " count is a row of the outcome suppressed.")
    @Refuses(ProblemCode.BAD_CURSOR)
    @Needs(value = Role.ADMIN, allSites = true)
    @GetMapping("/admin/api/audit")
    Page<AuditView> list(
            @RequestParam(required = false)
                    @Parameter(description = "the caller's name, exactly; (nobody) for strangers")
                    @Nullable String who,
            @RequestParam(required = false)
                    @Parameter(description = "how the action begins, such as command. or refused")
                    @Nullable String what,
            @RequestParam(required = false)
                    @Parameter(description = "what it was done to: an agent_id, exactly")
                    @Nullable String target,
            @RequestParam(required = false)
                    @Parameter(description = "accepted, or the code of a refusal, exactly")
                    @Nullable String outcome,
            @RequestParam(required = false) @Parameter(description = "an instant, included")
                    @Nullable String from,
            @RequestParam(required = false) @Parameter(description = "an instant, not included")
                    @Nullable String to,
            @RequestParam(required = false)
                    @Parameter(description = "1 to " + Limit.MAX + "; " + Limit.DEFAULT)
                    @Nullable Integer limit,
            @RequestParam(required = false)
                    @Parameter(description = "next_cursor of the page before")
                    @Nullable String cursor) {
        int size = Limit.of(limit);
        AuditFilter filter =
                new AuditFilter(
                        who,
                        what,
                        target,
                        outcome,
                        AuditFilter.instant("from", from),
                        AuditFilter.instant("to", to),
                        cursor);
        return Page.of(rows(filter.conditions(), size), size, AuditFilter::cursorAt);
    }

    private List<AuditView> rows(Conditions where, int limit) {
        return jdbc.sql(
                        """
                        select id, ts, who, what, target, origin, outcome, detail
                        from audit_log
                        where %s
                        order by ts desc, id desc
                        limit :limit
                        """
                                .formatted(where.sql()))
                .params(where.parameters())
                .param("limit", limit + 1)
                .query((row, _) -> view(row))
                .list();
    }

    private AuditView view(ResultSet row) throws SQLException {
        return new AuditView(
                row.getLong("id"),
                Objects.requireNonNull(Columns.instant(row, "ts")),
                row.getString("who"),
                row.getString("what"),
                row.getString("target"),
                row.getString("origin"),
                row.getString("outcome"),
                columns.object(row, "detail"));
    }
}
