package io.viworks.admin.event.live;

import io.micrometer.core.instrument.MeterRegistry;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import io.viworks.admin.command.FollowedCommands;
import io.viworks.admin.command.FollowedCommands.Followed;
import io.viworks.admin.openapi.Refuses;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.token.Caller;
import io.viworks.admin.token.Role;
import io.viworks.admin.web.Callers;
import io.viworks.admin.web.Needs;
import io.viworks.backplane.stream.StreamRecord.OfEvents;
import io.viworks.backplane.stream.StreamRecord.OfOutput;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.Redaction;
import io.viworks.protocol.frame.FrameCodec;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** One command as it happens. Each stream is served by a virtual thread of its own. */
@RestController
@Tag(name = "events")
final class OutputController {
    private final OutputSession.Parts parts;
    private final StreamSlots slots;
    private final StreamStart start;
    private final Callers callers;
    private final InstantSource clock;
    private final MeterRegistry meters;

    OutputController(
            Feed<OfEvents> changes,
            Feed<OfOutput> output,
            FollowedCommands commands,
            FrameCodec codec,
            Shown shown,
            EventSettings settings,
            StreamSlots slots,
            StreamStart start,
            Callers callers,
            InstantSource clock,
            MeterRegistry meters) {
        this.parts =
                new OutputSession.Parts(
                        changes, output, commands, codec, new Redaction(), shown, settings);
        this.slots = slots;
        this.start = start;
        this.callers = callers;
        this.clock = clock;
        this.meters = meters;
    }

    @Operation(
            summary = "A command's states and live output, by Server-Sent Events, up to its end",
            description =
                    "Events: state (each as it comes), output (stdout or stderr by whole lines,"
                            + " without what looks like a secret; as far as it is kept, also what"
                            + " was before), end (the command with its results; the stream is"
                            + " over), reset (what was shown is not kept any more: forget it). It"
                            + " goes on behind Last-Event-ID on any replica. The results at the end"
                            + " are the truth: live output may have gaps, which seq shows.")
    @ApiResponse(
            responseCode = "200",
            description = "a stream that ends with the command",
            content = @Content(mediaType = "text/event-stream", schema = @Schema(type = "string")))
    @ApiResponse(
            responseCode = "204",
            description = "Last-Event-ID is the id of the end: do not come again",
            content = @Content)
    @Refuses({
        ProblemCode.UNKNOWN_GATEWAY,
        ProblemCode.UNKNOWN_COMMAND,
        ProblemCode.TOO_MANY_STREAMS,
        ProblemCode.STREAMS_FULL
    })
    @Needs(Role.VIEWER)
    @GetMapping("/admin/api/gateways/{agent_id}/commands/{correlation_id}/output")
    void output(
            @AuthenticationPrincipal Caller caller,
            @PathVariable("agent_id") AgentId agentId,
            @PathVariable("correlation_id") CorrelationId correlationId,
            @RequestParam(name = "last_event_id", required = false)
                    @Parameter(description = "for clients that cannot send the header")
                    @Nullable String lastEventId,
            @RequestHeader(name = "Last-Event-ID", required = false) @Nullable String lastHeader,
            HttpServletRequest request,
            HttpServletResponse response)
            throws IOException, InterruptedException {
        Followed command = parts.commands().first(caller, agentId, correlationId);
        if (command.state().terminal()
                && OutputSession.END.equals(lastHeader == null ? lastEventId : lastHeader)) {
            response.setStatus(HttpServletResponse.SC_NO_CONTENT);
            return;
        }
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
            String why =
                    new OutputSession(
                                    parts,
                                    listener,
                                    start.begin(response),
                                    agentId,
                                    correlationId,
                                    command,
                                    StreamStart.place(lastHeader, lastEventId))
                            .run()
                            .map(end -> end.name().toLowerCase(Locale.ROOT))
                            .orElse("ended");
            meters.counter("viw.api.events.ended", "why", why).increment();
        } catch (IOException gone) {
            meters.counter("viw.api.events.ended", "why", StreamStart.why(gone)).increment();
        }
    }
}
