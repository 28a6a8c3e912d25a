package io.viworks.protocol.frame;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.Limits;
import java.time.Instant;

/**
 * Recognises, by one look at each byte and without making anything of it, a TELEMETRY frame that
 * {@link FrameCodec} would take whole: well-formed, of this agent, nothing left out. Of anything
 * that is not plain JSON it says that it does not know, and the codec decides. For one thread.
 */
public final class PlainTelemetry extends PlainJson {
    /** Seconds that an instant may surely be from arrival; rounded inwards. */
    private static final long SKEW_S = Limits.MAX_INSTANT_SKEW.toSeconds() - 2;

    private static final long TYPE = hash("type");
    private static final long AGENT_ID = hash("agent_id");
    private static final long TS = hash("ts");
    private static final long METRICS = hash("metrics");
    private static final long CPU = hash("cpu_pct");
    private static final long MEM = hash("mem_pct");
    private static final long DISK = hash("disk_pct");
    private static final long LOAD = hash("load1");
    private static final long RUNNING = hash("containers_running");
    private static final long SERVICES = hash("services");
    private static final long CONTAINERS = hash("containers");

    /**
     * Whether the codec would surely take the bytes as a TELEMETRY of this agent and leave nothing
     * out; false says nothing.
     */
    public boolean is(byte[] message, AgentId agent, Instant arrival) {
        begin(message);
        return isWhole(root(agent, arrival));
    }

    private int root(AgentId agent, Instant arrival) {
        int at = blank(0);
        if (peek(at) != '{') {
            return UNKNOWN;
        }
        int seen = 0;
        int keys = 0;
        for (at = blank(at + 1); ; at = blank(at + 1)) {
            at = key(at, 0, keys++);
            if (at < 0) {
                return UNKNOWN;
            }
            if (isKey(TYPE, "type")) {
                seen |= 1;
                at = word(at, "TELEMETRY");
            } else if (isKey(AGENT_ID, "agent_id")) {
                seen |= 2;
                at = word(at, agent.value());
            } else if (isKey(TS, "ts")) {
                seen |= 4;
                at = instant(at);
                at = isNear(arrival) ? at : UNKNOWN;
            } else if (isKey(METRICS, "metrics")) {
                seen |= 8;
                at = metrics(at);
            } else {
                at = value(at, 1);
            }
            at = at < 0 ? at : blank(at);
            if (peek(at) != ',') {
                return peek(at) == '}' && seen == 15 ? at + 1 : UNKNOWN;
            }
        }
    }

    private int metrics(int from) {
        if (peek(from) != '{') {
            return UNKNOWN;
        }
        int at = blank(from + 1);
        if (peek(at) == '}') {
            return at + 1;
        }
        int keys = 0;
        for (; ; at = blank(at + 1)) {
            at = key(at, 1, keys++);
            if (at < 0) {
                return UNKNOWN;
            }
            at = metric(at);
            at = at < 0 ? at : blank(at);
            if (peek(at) != ',') {
                return peek(at) == '}' ? at + 1 : UNKNOWN;
            }
        }
    }

    private int metric(int at) {
        if (peek(at) == 'n') {
            return value(at, 2);
        }
        if (isKey(CPU, "cpu_pct") || isKey(MEM, "mem_pct") || isKey(DISK, "disk_pct")) {
            return percent(at);
        }
        if (isKey(LOAD, "load1")) {
            return peek(at) == '-' ? UNKNOWN : number(at);
        }
        if (isKey(RUNNING, "containers_running")) {
            return count(at);
        }
        if (isKey(SERVICES, "services")) {
            return peek(at) == '{' ? object(at, 2) : UNKNOWN;
        }
        return isKey(CONTAINERS, "containers") ? objects(at) : value(at, 2);
    }

    /** A number from 0 to 100. */
    private int percent(int from) {
        int end = peek(from) == '-' ? UNKNOWN : number(from);
        int whole = 0;
        int at = from;
        for (; at < end && peek(at) != '.'; at++) {
            whole = Math.min(1_000, whole * 10 + peek(at) - '0');
        }
        for (at++; whole == 100 && at < end; at++) {
            if (peek(at) != '0') {
                return UNKNOWN;
            }
        }
        return whole <= 100 ? end : UNKNOWN;
    }

    /** An array of objects. */
    private int objects(int from) {
        if (peek(from) != '[') {
            return UNKNOWN;
        }
        int at = blank(from + 1);
        if (peek(at) == ']') {
            return at + 1;
        }
        for (; ; at = blank(at + 1)) {
            at = peek(at) == '{' ? object(at, 3) : UNKNOWN;
            at = at < 0 ? at : blank(at);
            if (peek(at) != ',') {
                return peek(at) == ']' ? at + 1 : UNKNOWN;
            }
        }
    }

    private boolean isNear(Instant arrival) {
        return Math.abs(seconds() - arrival.getEpochSecond()) <= SKEW_S;
    }
}
