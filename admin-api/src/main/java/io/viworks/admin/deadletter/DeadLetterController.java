package io.viworks.admin.deadletter;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import io.viworks.admin.audit.AuditLog;
import io.viworks.admin.openapi.Refuses;
import io.viworks.admin.paging.Cursor;
import io.viworks.admin.paging.Limit;
import io.viworks.admin.paging.Page;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.redis.Answer;
import io.viworks.admin.token.Caller;
import io.viworks.admin.token.Role;
import io.viworks.admin.web.Needs;
import io.viworks.backplane.stream.DeadLetters;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** The records that were set aside, per stream. For admins without a limit to sites. */
@RestController
@RequestMapping("/admin/api/dead-letters")
@Tag(name = "dead letters")
final class DeadLetterController {
    private static final String LIST = "dead-letters";

    private final DeadLetters letters;
    private final AuditLog audit;
    private final TransactionTemplate transaction;

    DeadLetterController(DeadLetters letters, AuditLog audit, TransactionTemplate transaction) {
        this.letters = letters;
        this.audit = audit;
        this.transaction = transaction;
    }

    /** How many dead letters a stream has. */
    record StreamCount(String stream, long count) {}

    /** A record that stands in its stream again. */
    record Replayed(String stream, String entryId) {}

    @Operation(summary = "The streams with the number of their dead letters")
    @Refuses(ProblemCode.BACKPLANE_AWAY)
    @Needs(value = Role.ADMIN, allSites = true)
    @GetMapping
    Page<StreamCount> streams() {
        List<StreamCount> counts = new ArrayList<>();
        for (String stream : DeadLetters.STREAMS) {
            counts.add(new StreamCount(stream, Answer.of(letters.count(stream))));
        }
        return new Page<>(counts, null);
    }

    @Operation(
            summary = "The dead letters of a stream, the newest first",
            description = "Frames and envelopes may hold secrets: only their length is shown.")
    @Refuses({ProblemCode.UNKNOWN_STREAM, ProblemCode.BAD_CURSOR, ProblemCode.BACKPLANE_AWAY})
    @Needs(value = Role.ADMIN, allSites = true)
    @GetMapping("/{stream}")
    Page<DeadLetterView> list(
            @PathVariable String stream,
            @RequestParam(required = false) @Nullable Integer limit,
            @RequestParam(required = false) @Nullable String cursor) {
        int size = Limit.of(limit);
        List<DeadLetterView> found =
                Answer.of(letters.list(known(stream), before(cursor), size + 1)).stream()
                        .map(letter -> DeadLetterView.of(stream, letter))
                        .toList();
        return Page.of(found, size, last -> new Cursor(LIST, List.of(last.id())));
    }

    private static Optional<String> before(@Nullable String cursor) {
        return Optional.ofNullable(cursor)
                .map(text -> Cursor.parse(text, LIST, 1).key().getFirst())
                .map(id -> {
                    if (!DeadLetters.isId(id)) {
                        throw Cursor.refusal();
                    }
                    return id;
                });
    }

    @Operation(
            summary = "One dead letter with its body",
            description =
                    "What looks like a secret is taken out; what is sealed, or a signature, is not"
                            + " shown. That somebody read it is in the audit log.")
    @Refuses({
        ProblemCode.UNKNOWN_STREAM,
        ProblemCode.UNKNOWN_DEAD_LETTER,
        ProblemCode.BACKPLANE_AWAY
    })
    @Needs(value = Role.ADMIN, allSites = true)
    @GetMapping("/{stream}/{id}")
    DeadLetterView find(
            @AuthenticationPrincipal Caller caller,
            @PathVariable String stream,
            @PathVariable String id,
            HttpServletRequest request) {
        DeadLetterView letter =
                Answer.of(letters.find(known(stream), checked(stream, id)))
                        .map(found -> DeadLetterView.whole(stream, found))
                        .orElseThrow(() -> unknown(stream, id));
        record(caller, "dead_letter.read", stream, id, request);
        return letter;
    }

    @Operation(
            summary = "Writes a record into its stream again and takes its letter away",
            description = "Handling a record twice changes nothing, so this is safe to repeat.")
    @Refuses({
        ProblemCode.UNKNOWN_STREAM,
        ProblemCode.UNKNOWN_DEAD_LETTER,
        ProblemCode.BACKPLANE_AWAY
    })
    @Needs(value = Role.ADMIN, allSites = true)
    @PostMapping("/{stream}/{id}/replay")
    Replayed replay(
            @AuthenticationPrincipal Caller caller,
            @PathVariable String stream,
            @PathVariable String id,
            HttpServletRequest request) {
        String entryId =
                Answer.of(letters.replay(known(stream), checked(stream, id)))
                        .orElseThrow(() -> unknown(stream, id));
        record(caller, "dead_letter.replay", stream, id, request);
        return new Replayed(stream, entryId);
    }

    @Operation(summary = "Gives a record up for good")
    @Refuses({
        ProblemCode.UNKNOWN_STREAM,
        ProblemCode.UNKNOWN_DEAD_LETTER,
        ProblemCode.BACKPLANE_AWAY
    })
    @Needs(value = Role.ADMIN, allSites = true)
    @DeleteMapping("/{stream}/{id}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void delete(
            @AuthenticationPrincipal Caller caller,
            @PathVariable String stream,
            @PathVariable String id,
            HttpServletRequest request) {
        if (!Answer.of(letters.delete(known(stream), checked(stream, id)))) {
            throw unknown(stream, id);
        }
        record(caller, "dead_letter.delete", stream, id, request);
    }

    private void record(
            Caller caller, String what, String stream, String id, HttpServletRequest request) {
        transaction.executeWithoutResult(_ ->
                audit.changed(
                        caller.name(),
                        what,
                        null,
                        request.getRemoteAddr(),
                        Map.of("stream", stream, "id", id)));
    }

    private static String known(String stream) {
        if (!DeadLetters.STREAMS.contains(stream)) {
            throw Refusal.of(
                    ProblemCode.UNKNOWN_STREAM,
                    "must be one of " + String.join(", ", DeadLetters.STREAMS));
        }
        return stream;
    }

    private static String checked(String stream, String id) {
        if (!DeadLetters.isId(id)) {
            throw unknown(stream, id.length() <= 64 ? id : id.substring(0, 64));
        }
        return id;
    }

    private static Refusal unknown(String stream, String id) {
        return Refusal.of(
                ProblemCode.UNKNOWN_DEAD_LETTER,
                "there is no dead letter \"" + id + "\" of " + stream);
    }
}
