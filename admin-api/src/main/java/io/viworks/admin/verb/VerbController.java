package io.viworks.admin.verb;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import io.viworks.admin.sql.Columns;
import io.viworks.admin.token.Role;
import io.viworks.admin.web.Needs;
import io.viworks.protocol.verb.VerbCatalogue;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** What an agent can be asked to do. */
@RestController
@Tag(name = "verbs")
final class VerbController {
    private final List<VerbView> verbs;

    VerbController(VerbCatalogue catalogue, Columns columns) {
        this.verbs =
                catalogue.all().stream()
                        .map(verb ->
                                new VerbView(
                                        verb.name(),
                                        verb.summary(),
                                        verb.mutating(),
                                        verb.idempotent(),
                                        verb.timeout().toSeconds(),
                                        verb.secretPointers().stream().sorted().toList(),
                                        columns.shown(verb.schema())))
                        .toList();
    }

    @Operation(summary = "All verbs with the JSON Schemas of their arguments")
    @Needs(Role.VIEWER)
    @GetMapping("/admin/api/verbs")
    Verbs list() {
        return new Verbs(verbs);
    }

    /** The catalogue. */
    record Verbs(List<VerbView> items) {}

    /**
     * One verb.
     *
     * @param mutating changes something on the gateway
     * @param idempotent issuing it again is safe
     * @param timeoutS seconds it may run unless a command says otherwise
     * @param secretArguments JSON Pointers of arguments that are never shown again
     * @param schema JSON Schema 2020-12 of the arguments
     */
    record VerbView(
            String name,
            String summary,
            boolean mutating,
            boolean idempotent,
            long timeoutS,
            List<String> secretArguments,
            @Nullable Object schema) {}
}
