package io.viworks.agent.helper;

import io.viworks.protocol.frame.AgentFrame.OutputStreamName;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.FrameCodec;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** One line of what the helper says: pieces of output, where asked for, and one last word. */
public sealed interface HelperReply {
    FrameCodec CODEC = new FrameCodec();

    /** A piece of live output: {@code {stream, chunk}}. */
    record Piece(OutputStreamName stream, String chunk) implements HelperReply {
        @Override
        public ObjectNode json() {
            return JsonNodeFactory.instance
                    .objectNode()
                    .put("stream", stream.name().toLowerCase(Locale.ROOT))
                    .put("chunk", chunk);
        }
    }

    /** It is not run: {@code {error: {code, msg}}}. */
    record Refused(String code, String message) implements HelperReply {
        @Override
        public ObjectNode json() {
            ObjectNode json = JsonNodeFactory.instance.objectNode();
            error(json, code, message);
            return json;
        }
    }

    /**
     * It was begun and has ended: {@code {rc, stdout, stderr, duration_ms}}, and digests.
     *
     * @param rc null when it was ended, which {@code error} then explains
     * @param truncated whether an output was cut
     * @param left processes that could not be killed; normally 0
     * @param error why it was ended; null when it ended by itself
     */
    record Ended(
            @Nullable Integer rc,
            String stdout,
            String stderr,
            boolean truncated,
            int left,
            long durationMs,
            String stdoutSha256,
            String stderrSha256,
            @Nullable Refused error)
            implements HelperReply {
        @Override
        public ObjectNode json() {
            ObjectNode json = JsonNodeFactory.instance.objectNode();
            if (rc != null) {
                json.put("rc", rc);
            }
            json.put("stdout", stdout).put("stderr", stderr).put("duration_ms", durationMs);
            if (truncated) {
                json.put("truncated", true);
            }
            if (left > 0) {
                json.put("left", left);
            }
            json.put("stdout_sha256", stdoutSha256).put("stderr_sha256", stderrSha256);
            if (error != null) {
                HelperReply.error(json, error.code(), error.message());
            }
            return json;
        }
    }

    /** As it stands in its line. */
    ObjectNode json();

    /** The whole line. */
    default byte[] line() {
        byte[] json = CODEC.encodeObject(json());
        byte[] line = new byte[json.length + 1];
        System.arraycopy(json, 0, line, 0, json.length);
        line[json.length] = '\n';
        return line;
    }

    /**
     * Reads a line.
     *
     * @throws IOException when no helper writes such a line
     */
    static HelperReply parse(byte[] line) throws IOException {
        ObjectNode json;
        try {
            json = CODEC.decodeObject(line);
        } catch (BadFrame e) {
            throw new IOException("the helper's answer: " + e.problem(), e);
        }
        if (json.has("chunk")) {
            OutputStreamName stream =
                    text(json, "stream").equals("stderr")
                            ? OutputStreamName.STDERR
                            : OutputStreamName.STDOUT;
            return new Piece(stream, text(json, "chunk"));
        }
        JsonNode found = json.get("error");
        Refused error = found == null ? null : new Refused(text(found, "code"), text(found, "msg"));
        if (error != null && !json.has("duration_ms")) {
            return error;
        }
        JsonNode rc = json.get("rc");
        if (error == null && (rc == null || !rc.canConvertToInt())) {
            throw new IOException("the helper's answer has neither rc nor error");
        }
        return new Ended(
                rc == null ? null : rc.intValue(),
                text(json, "stdout"),
                text(json, "stderr"),
                json.path("truncated").asBoolean(false),
                json.path("left").asInt(0),
                json.path("duration_ms").asLong(0),
                json.path("stdout_sha256").asString(""),
                json.path("stderr_sha256").asString(""),
                error);
    }

    private static String text(JsonNode json, String name) throws IOException {
        JsonNode value = json.get(name);
        if (value == null || !value.isString()) {
            throw new IOException("the helper's answer has no " + name);
        }
        return value.stringValue();
    }

    private static void error(ObjectNode json, String code, String message) {
        json.putObject("error").put("code", code).put("msg", message);
    }
}
