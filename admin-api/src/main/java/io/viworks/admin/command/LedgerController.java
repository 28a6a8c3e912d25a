package io.viworks.admin.command;

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
import io.viworks.admin.paging.InstantParameter;
import io.viworks.admin.paging.Limit;
import io.viworks.admin.paging.ListShape;
import io.viworks.admin.paging.Page;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.token.Caller;
import io.viworks.admin.token.Role;
import io.viworks.admin.web.Needs;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The ledger across gateways. */
@RestController
@Tag(name = "commands")
final class LedgerController {
    private final CommandRows rows;
    private final Exports exports;

    LedgerController(CommandRows rows, Exports exports) {
        this.rows = rows;
        this.exports = exports;
    }

    @Operation(
            summary = "The commands of all gateways, the newest first",
            description =
                    "Secrets are masked. With Accept: text/csv or application/x-ndjson, or with"
                            + " format, the whole list is streamed as a file; one that cannot be"
                            + " finished ends with its connection, without the last chunk.")
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
                        schema = @Schema(implementation = CommandPage.class)),
                @Content(mediaType = Format.TEXT_CSV, schema = @Schema(type = "string")),
                @Content(
                        mediaType = Format.LINES,
                        schema = @Schema(implementation = CommandView.class))
            })
    @Refuses({ProblemCode.BAD_CURSOR, ProblemCode.EXPORTS_BUSY})
    @Needs(Role.VIEWER)
    @GetMapping(
            path = "/admin/api/commands",
            produces = {MediaType.APPLICATION_JSON_VALUE, Format.TEXT_CSV, Format.LINES})
    @Nullable Page<CommandView> ledger(
            @AuthenticationPrincipal Caller caller,
            @RequestParam(required = false)
                    @Parameter(description = "such as QUEUED; repeatable: any of them")
                    @Nullable List<String> state,
            @RequestParam(required = false) @Parameter(description = "repeatable: any of them")
                    @Nullable List<String> verb,
            @RequestParam(name = "agent_id", required = false)
                    @Parameter(description = "repeatable: any of them")
                    @Nullable List<String> agentId,
            @RequestParam(required = false)
                    @Parameter(description = "of the gateway, as set by an admin")
                    @Nullable String site,
            @RequestParam(name = "issued_by", required = false)
                    @Parameter(description = "the caller's name, exactly")
                    @Nullable String issuedBy,
            @RequestParam(name = "batch_id", required = false) @Nullable String batchId,
            @RequestParam(required = false)
                    @Parameter(description = "api, or stream for records made by hand")
                    @Nullable String origin,
            @RequestParam(required = false)
                    @Parameter(description = "issued at or after this instant")
                    @Nullable String from,
            @RequestParam(required = false) @Parameter(description = "issued before this instant")
                    @Nullable String to,
            @RequestParam(required = false)
                    @Parameter(
                            description =
                                    "issued_at or correlation_id, after - the greatest first;"
                                            + " -issued_at")
                    @Nullable String sort,
            @RequestParam(required = false)
                    @Parameter(
                            description =
                                    "members of an item, with commas; agent_id and correlation_id"
                                            + " always")
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
        CommandFilter filter =
                new CommandFilter(
                        state == null ? List.of() : state,
                        verb == null ? List.of() : verb,
                        agentId == null ? List.of() : agentId,
                        site,
                        issuedBy,
                        CommandFilter.batch(batchId),
                        origin,
                        InstantParameter.of("from", from),
                        InstantParameter.of("to", to));
        ListShape.Ask ask = CommandRows.LIST.ask(request, sort, fields, count, limit, cursor);
        Format form = Format.of(format, accept);
        if (form == Format.JSON) {
            return rows.list(caller, filter, ask);
        }
        Exports.checkWhole(limit, cursor, count);
        exports.stream(rows.export(caller, filter, ask), form, request, response);
        return null;
    }

    /** For the description: a page of commands. */
    @Schema(name = "PageCommandView")
    private record CommandPage(
            List<CommandView> items,
            @Nullable String nextCursor,
            @Nullable Long total,
            @Nullable Boolean totalExact) {}
}
