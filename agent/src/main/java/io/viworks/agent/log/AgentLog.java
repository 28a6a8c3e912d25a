package io.viworks.agent.log;

import io.viworks.protocol.frame.FrameCodec;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes one JSON object per line with the field names of spec 7. Thread-safe. It is given no
 * secret, and no argument of a command.
 */
public final class AgentLog {
    private static final FrameCodec CODEC = new FrameCodec();

    private final PrintStream out;
    private final InstantSource clock;
    private final String agentId;
    private volatile LogLevel level;

    public AgentLog(PrintStream out, InstantSource clock, String agentId, LogLevel level) {
        this.out = out;
        this.clock = clock;
        this.agentId = agentId;
        this.level = level;
    }

    /** Changes from which level on lines are written. */
    public void level(LogLevel from) {
        level = from;
    }

    public Line debug(String event) {
        return new Line(LogLevel.DEBUG, event);
    }

    public Line info(String event) {
        return new Line(LogLevel.INFO, event);
    }

    public Line warn(String event) {
        return new Line(LogLevel.WARN, event);
    }

    public Line error(String event) {
        return new Line(LogLevel.ERROR, event);
    }

    /** One line in the making. */
    public final class Line {
        private final LogLevel lineLevel;
        private final ObjectNode fields = JsonNodeFactory.instance.objectNode();

        private Line(LogLevel lineLevel, String event) {
            this.lineLevel = lineLevel;
            fields.put("ts", clock.instant().toString());
            fields.put("level", lineLevel.name());
            fields.put("msg", event);
            fields.put("service", "agent");
            fields.put("event", event);
            fields.put("agent_id", agentId);
        }

        /** Adds a field; its value as text. */
        public Line with(String name, Object value) {
            fields.put(name, value.toString());
            return this;
        }

        /** Adds a number. */
        public Line with(String name, long value) {
            fields.put(name, value);
            return this;
        }

        /** Adds what went wrong: its kind and its message. */
        public Line because(Throwable error) {
            fields.put("error", error.toString());
            return this;
        }

        /** Writes it, when its level is asked for. */
        public void say(String msg) {
            if (lineLevel.compareTo(level) < 0) {
                return;
            }
            fields.put("msg", msg);
            out.println(new String(CODEC.encodeObject(fields), StandardCharsets.UTF_8));
        }
    }
}
