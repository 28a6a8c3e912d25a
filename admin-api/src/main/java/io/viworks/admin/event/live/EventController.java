package io.viworks.admin.event.live;

import io.micrometer.core.instrument.MeterRegistry;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import io.viworks.admin.openapi.Refuses;
import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.token.Caller;
import io.viworks.admin.token.Role;
import io.viworks.admin.web.Callers;
import io.viworks.admin.web.Needs;
import io.viworks.backplane.stream.StreamRecord.OfEvents;
import io.viworks.protocol.AgentId;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Changes as they happen. Each stream is served by a virtual thread of its own. */
@RestController
@Tag(name = "events")
final class EventController {
    /** Values one filter has at most. */
    private static final int MAX_VALUES = 50;

    private static final Set<String> TYPES = Set.of("gateway", "command");

    private final Feed<OfEvents> feed;
    private final Shown shown;
    private final EventSettings settings;
    private final StreamSlots slots;
    private final StreamStart start;
    private final Callers callers;
    private final InstantSource clock;
    private final MeterRegistry meters;

    EventController(
            Feed<OfEvents> feed,
            Shown shown,
            EventSettings settings,
            StreamSlots slots,
            StreamStart start,
            Callers callers,
            InstantSource clock,
            MeterRegistry meters) {
        this.feed = feed;
        this.shown = shown;
        this.settings = settings;
        this.slots = slots;
        this.start = start;
        this.callers = callers;
        this.clock = clock;
        this.meters = meters;
    }

    @Operation(
            summary = "Changes of gateways and commands as they happen, by Server-Sent Events",
            description =
                    "Events: ready (load what you show now: nothing is missed from here on), gateway"
                            + " and command (something has changed), reset (something was missed:"
                            + " load again), away and back (Redis). An id is a place that any"
                            + " replica goes on from, given as Last-Event-ID; what is not kept any"
                            + " more is answered by reset. A comment breaks a silence of 15 s. Each"
                            + " filter may be repeated. A stream ends when its token does, and when"
                            + " its reader is too slow; come again with the last id.")
    @ApiResponse(
            responseCode = "200",
            description = "a stream that does not end by itself",
            content = @Content(mediaType = "text/event-stream", schema = @Schema(type = "string")))
    @Refuses({ProblemCode.TOO_MANY_STREAMS, ProblemCode.STREAMS_FULL})
    @Needs(Role.VIEWER)
    @GetMapping("/admin/api/events")
    void events(
            @AuthenticationPrincipal Caller caller,
            @RequestParam(required = false) @Parameter(description = "gateway or command")
                    @Nullable List<String> type,
            @RequestParam(name = "agent_id", required = false) @Nullable List<String> agentId,
            @RequestParam(required = false) @Nullable List<String> site,
            @RequestParam(name = "batch_id", required = false) @Nullable List<String> batchId,
            @RequestParam(name = "last_event_id", required = false)
                    @Parameter(description = "for clients that cannot send the header")
                    @Nullable String lastEventId,
            @RequestHeader(name = "Last-Event-ID", required = false) @Nullable String lastHeader,
            HttpServletRequest request,
            HttpServletResponse response)
            throws IOException, InterruptedException {
        EventInterest interest =
                new EventInterest(
                        caller,
                        values("type", type, EventController::kind),
                        values("agent_id", agentId, AgentId::of),
                        values("site", site, text -> text),
                        values("batch_id", batchId, UUID::fromString),
                        null);
        String from = StreamStart.place(lastHeader, lastEventId);
        if (start.isOnlyAsked(request, response)) {
            return;
        }
        try (StreamSlots.Slot _ = slots.take(caller.name())) {
            Listener listener =
                    new Listener(
                            callers,
                            caller,
                            String.valueOf(request.getHeader("Authorization")),
                            clock);
            EventSession.End end =
                    new EventSession(feed, shown, settings, listener, start.begin(response))
                            .run(interest, from);
            meters.counter("viw.api.events.ended", "why", end.name().toLowerCase(Locale.ROOT))
                    .increment();
        } catch (IOException gone) {
            meters.counter("viw.api.events.ended", "why", StreamStart.why(gone)).increment();
        }
    }

    private static String kind(String type) {
        if (!TYPES.contains(type)) {
            throw new IllegalArgumentException("must be gateway or command");
        }
        return type.toUpperCase(Locale.ROOT);
    }

    private static <T> Set<T> values(
            String name, @Nullable List<String> texts, Function<String, T> form) {
        if (texts == null) {
            return Set.of();
        }
        if (texts.size() > MAX_VALUES) {
            throw mistake(name, "may be given " + MAX_VALUES + " times at most");
        }
        try {
            return texts.stream().map(form).collect(Collectors.toUnmodifiableSet());
        } catch (IllegalArgumentException e) {
            throw mistake(
                    name,
                    switch (name) {
                        case "type" -> "must be gateway or command";
                        case "batch_id" -> "must be a UUID";
                        default -> "must have the form [A-Za-z0-9][A-Za-z0-9._-]{0,63}";
                    });
        }
    }

    private static Refusal mistake(String name, String message) {
        return Refusal.of(
                ProblemCode.BAD_PARAMETER,
                "a filter is wrong",
                List.of(InputError.in(name, message)));
    }
}
