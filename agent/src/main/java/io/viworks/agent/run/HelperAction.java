package io.viworks.agent.run;

import io.viworks.agent.helper.HelperCodes;
import io.viworks.agent.helper.HelperReply;
import io.viworks.agent.helper.HelperReply.Ended;
import io.viworks.agent.helper.HelperReply.Refused;
import io.viworks.agent.helper.HelperRequest;
import io.viworks.agent.helper.client.HelperAway;
import io.viworks.agent.helper.client.HelperClient;
import io.viworks.agent.helper.client.HelperLost;
import io.viworks.agent.process.ProgramEnd;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.frame.ErrorCodes;
import io.viworks.protocol.frame.FrameCodec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A verb that the host helper does (spec 6). To the backend it is the same as one the agent does
 * itself; {@code data.helper} has the helper's digests of what the program said.
 */
final class HelperAction implements Action {
    /** What is done through the helper unless {@code helper_verbs} says otherwise: root's work. */
    static final Set<String> DEFAULT_VERBS =
            Set.of(
                    "create_panel_user",
                    "delete_panel_user",
                    "create_openvpn_user",
                    "delete_openvpn_user",
                    "reload_service");

    /** Seconds for which a request is good: it is made to be run at once. */
    private static final int TTL_S = 10;

    private static final FrameCodec CODEC = new FrameCodec();

    private final HelperClient helper;
    private final InstantSource clock;

    HelperAction(HelperClient helper, InstantSource clock) {
        this.helper = helper;
        this.clock = clock;
    }

    @Override
    public Answer run(Task task) throws IOException, InterruptedException, Stopped {
        HelperReply reply;
        try {
            reply =
                    helper.ask(
                            request(task),
                            piece ->
                                    task.output()
                                            .accept(new Output(piece.stream(), piece.chunk())));
        } catch (HelperAway e) {
            throw new Failed(ErrorCodes.HELPER_UNAVAILABLE, String.valueOf(e.getMessage()));
        } catch (HelperLost e) {
            throw new Failed(ErrorCodes.INTERRUPTED, String.valueOf(e.getMessage()));
        }
        return switch (reply) {
            case Ended end -> answer(end, task);
            case Refused refused ->
                    throw new Failed(
                            HelperCodes.forResult(refused.code()),
                            "the host helper did not run it: " + refused.message());
            case HelperReply.Piece _ -> throw new IllegalStateException("no last word");
        };
    }

    private HelperRequest request(Task task) {
        Envelope envelope = task.warrant().envelope();
        return new HelperRequest(
                envelope.agentId(),
                envelope.correlationId(),
                envelope.verb(),
                envelope.args(),
                UUID.randomUUID(),
                clock.instant(),
                TTL_S,
                task.warrant().jws(),
                Math.toIntExact(Math.max(1, task.timeout().toSeconds())),
                true);
    }

    private static Answer answer(Ended end, Task task) throws Failed, Stopped {
        Refused error = end.error();
        Answer answer =
                new Answer(end.rc(), end.stdout(), end.stderr(), data(end, task), end.truncated());
        if (error == null) {
            return answer;
        }
        if (error.code().equals(ErrorCodes.CANCELLED)) {
            throw new Stopped(
                    new ProgramEnd(
                            ProgramEnd.Cause.INTERRUPTED,
                            0,
                            end.stdout(),
                            end.stderr(),
                            end.truncated(),
                            end.left()));
        }
        String left =
                end.left() == 0 ? "" : "; " + end.left() + " of its processes could not be killed";
        throw new Failed(error.code(), error.message() + left, answer);
    }

    private static ObjectNode data(Ended end, Task task) {
        ObjectNode data = null;
        if (end.rc() != null && end.rc() == 0) {
            data = made(end, task);
        }
        if (data == null) {
            data = JsonNodeFactory.instance.objectNode();
        }
        data.putObject("helper")
                .put("stdout_sha256", end.stdoutSha256())
                .put("stderr_sha256", end.stderrSha256())
                .put("duration_ms", end.durationMs());
        return data;
    }

    /** Who makes a user tells its name; of others, a JSON object is for programs. */
    private static @Nullable ObjectNode made(Ended end, Task task) {
        JsonNode username = task.args().get("username");
        if (username != null && task.verb().startsWith("create_")) {
            return JsonNodeFactory.instance.objectNode().put("username", username.asString(""));
        }
        if (!end.stdout().startsWith("{")) {
            return null;
        }
        try {
            return CODEC.decodeObject(end.stdout().getBytes(StandardCharsets.UTF_8));
        } catch (BadFrame e) {
            return null;
        }
    }
}
