package io.viworks.admin.audit.reading;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.headers.Header;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import io.viworks.admin.export.Exports;
import io.viworks.admin.export.Format;
import io.viworks.admin.openapi.Refuses;
import io.viworks.admin.paging.Fields;
import io.viworks.admin.paging.InstantParameter;
import io.viworks.admin.paging.Kind;
import io.viworks.admin.paging.Limit;
import io.viworks.admin.paging.ListShape;
import io.viworks.admin.paging.Page;
import io.viworks.admin.paging.PageReader;
import io.viworks.admin.paging.Sort;
import io.viworks.admin.paging.SortColumn;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.sql.Columns;
import io.viworks.admin.sql.Conditions;
import io.viworks.admin.token.Role;
import io.viworks.admin.web.Needs;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Shows the audit log. For admins without a limit to sites. */
@RestController
@Tag(name = "audit")
final class AuditController {
    private static final Fields FIELDS = Fields.of(AuditView.class, "id");

    private static final ListShape LIST =
            new ListShape(
                    "audit",
                    Sort.choice(
                            "-ts",
                            SortColumn.of("id", "id", Kind.WHOLE),
                            SortColumn.indexed("ts", "ts", Kind.INSTANT)),
                    FIELDS);

    private static final String COLUMNS = "id, ts, who, what, target, origin, outcome, detail";

    private final PageReader pages;
    private final Exports exports;
    private final Columns columns;

    AuditController(PageReader pages, Exports exports, Columns columns) {
        this.pages = pages;
        this.exports = exports;
        this.columns = columns;
    }

    @Operation(
            summary = "Who did what, and who was refused what; the newest first",
            description =
                    "Refused requests appear within a second. Of one caller 300 refusals a minute"
                            + " are written, of all strangers 60; what is more is counted, and the"
                            + " count is a row of the outcome suppressed. With Accept: text/csv or"
                            + " application/x-ndjson, or with format, the whole list is streamed as"
                            + " a file; one that cannot be finished ends with its connection,"
                            + " without the last chunk.")
    @ApiResponse(
            responseCode = "200",
            description = "a page, or the whole as a file",
            headers =
                    @Header(
                            name = HttpHeaders.CONTENT_DISPOSITION,
                            description = "a file's name; with csv and ndjson only",
                            schema = @Schema(type = "string")),
            content = {
                @Content(
                        mediaType = MediaType.APPLICATION_JSON_VALUE,
                        schema = @Schema(implementation = AuditPage.class)),
                @Content(mediaType = Format.TEXT_CSV, schema = @Schema(type = "string")),
                @Content(
                        mediaType = Format.LINES,
                        schema = @Schema(implementation = AuditView.class))
            })
    @Refuses({ProblemCode.BAD_CURSOR, ProblemCode.EXPORTS_BUSY})
    @Needs(value = Role.ADMIN, allSites = true)
    @GetMapping(
            path = "/admin/api/audit",
            produces = {MediaType.APPLICATION_JSON_VALUE, Format.TEXT_CSV, Format.LINES})
    @Nullable Page<AuditView> list(
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
                    @Parameter(description = "ts or id, after - the greatest first; -ts")
                    @Nullable String sort,
            @RequestParam(required = false)
                    @Parameter(description = "members of an item, with commas; id always")
                    @Nullable String fields,
            @RequestParam(required = false)
                    @Parameter(description = "whether to say the total of all pages")
                    @Nullable Boolean count,
            @RequestParam(required = false)
                    @Parameter(description = "1 to " + Limit.MAX + "; " + Limit.DEFAULT)
                    @Nullable Integer limit,
            @RequestParam(required = false)
                    @Parameter(
                            description =
                                    "next_cursor of the page before, with the same filters and"
                                            + " order")
                    @Nullable String cursor,
            @RequestParam(required = false)
                    @Parameter(description = "json, csv or ndjson; goes before Accept")
                    @Nullable String format,
            @RequestHeader(name = HttpHeaders.ACCEPT, required = false) @Parameter(hidden = true)
                    @Nullable String accept,
            HttpServletRequest request,
            HttpServletResponse response)
            throws IOException {
        Conditions where =
                new AuditFilter(
                                who,
                                what,
                                target,
                                outcome,
                                InstantParameter.of("from", from),
                                InstantParameter.of("to", to))
                        .conditions();
        ListShape.Ask ask = LIST.ask(request, sort, fields, count, limit, cursor);
        Format form = Format.of(format, accept);
        if (form == Format.JSON) {
            return pages.read(
                    ask, new PageReader.Rows(COLUMNS, "audit_log", where), (row, _) -> view(row));
        }
        Exports.checkWhole(limit, cursor, count);
        exports.stream(export(where, ask), form, request, response);
        return null;
    }

    private Exports.Query<AuditView> export(Conditions where, ListShape.Ask ask) {
        return new Exports.Query<>(
                "audit",
                FIELDS.known().stream()
                        .filter(member -> ask.fields().isEmpty() || ask.fields().contains(member))
                        .toList(),
                """
                select %s
                from audit_log
                where %s
                order by %s
                """
                        .formatted(COLUMNS, where.sql(), ask.sort().orderBy()),
                where.parameters(),
                true,
                (row, _) -> view(row));
    }

    /** For the description: a page of the audit log. */
    @Schema(name = "PageAuditView")
    private record AuditPage(
            List<AuditView> items,
            @Nullable String nextCursor,
            @Nullable Long total,
            @Nullable Boolean totalExact) {}

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
