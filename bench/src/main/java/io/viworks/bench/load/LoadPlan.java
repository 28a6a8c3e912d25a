package io.viworks.bench.load;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Who the agents of one load generator are and whom they call; the command line of its process.
 *
 * @param port of the server, on loopback
 * @param redisPort where XADDs are counted; 0 when nothing is confirmed by them
 * @param agents how many there are
 * @param prefix of their ids, which go on with a number from 0
 * @param sources loopback addresses they come from, 127.0.0.2 and on
 * @param auth how they prove who they are
 * @param secret of all, or what their keys are derived from
 * @param frameBytes of one TELEMETRY frame
 * @param loops threads that carry them
 * @param thinkMs between a command's ACK and its RESULT
 * @param journal whether they say they keep one
 */
public record LoadPlan(
        int port,
        int redisPort,
        int agents,
        String prefix,
        int sources,
        Auth auth,
        String secret,
        int frameBytes,
        int loops,
        int thinkMs,
        boolean journal) {
    /** How an agent proves who it is (spec 2.1). */
    public enum Auth {
        NONE,
        HMAC,
        KEY
    }

    public LoadPlan {
        if (agents < 1 || sources < 1 || sources > 200 || loops < 1 || frameBytes < 300) {
            throw new IllegalArgumentException(
                    "a load has agents, 1 to 200 sources, loops, and frames of 300 bytes at least");
        }
    }

    /** Agents with the shared secret, from 8 addresses, 600-byte frames, one thread, a journal. */
    public static LoadPlan of(int port, int agents) {
        return new LoadPlan(
                port, 0, agents, "load-", 8, Auth.HMAC, "a secret of the bench", 600, 1, 0, true);
    }

    /** To another port. */
    public LoadPlan to(int server) {
        return new LoadPlan(
                server,
                redisPort,
                agents,
                prefix,
                sources,
                auth,
                secret,
                frameBytes,
                loops,
                thinkMs,
                journal);
    }

    /** With ids that begin so. */
    public LoadPlan called(String other) {
        return new LoadPlan(
                port,
                redisPort,
                agents,
                other,
                sources,
                auth,
                secret,
                frameBytes,
                loops,
                thinkMs,
                journal);
    }

    /** With XADDs counted by this Redis. */
    public LoadPlan confirmedBy(int redis) {
        return new LoadPlan(
                port,
                redis,
                agents,
                prefix,
                sources,
                auth,
                secret,
                frameBytes,
                loops,
                thinkMs,
                journal);
    }

    /** With another proof. */
    public LoadPlan provedBy(Auth proof) {
        return new LoadPlan(
                port,
                redisPort,
                agents,
                prefix,
                sources,
                proof,
                secret,
                frameBytes,
                loops,
                thinkMs,
                journal);
    }

    /** With frames of another size. */
    public LoadPlan frames(int bytes) {
        return new LoadPlan(
                port, redisPort, agents, prefix, sources, auth, secret, bytes, loops, thinkMs,
                journal);
    }

    /** With this pause between a command's ACK and its RESULT. */
    public LoadPlan thinking(int ms) {
        return new LoadPlan(
                port,
                redisPort,
                agents,
                prefix,
                sources,
                auth,
                secret,
                frameBytes,
                loops,
                ms,
                journal);
    }

    /** With another secret. */
    public LoadPlan secret(String other) {
        return new LoadPlan(
                port,
                redisPort,
                agents,
                prefix,
                sources,
                auth,
                other,
                frameBytes,
                loops,
                thinkMs,
                journal);
    }

    /** The id of one of the agents. */
    public String id(int index) {
        return prefix + index;
    }

    List<String> arguments() {
        List<String> words = new ArrayList<>();
        Map.of(
                        "port", port,
                        "redis", redisPort,
                        "agents", agents,
                        "sources", sources,
                        "frame", frameBytes,
                        "loops", loops,
                        "think", thinkMs)
                .forEach((name, value) -> words.add(name + "=" + value));
        words.add("prefix=" + prefix);
        words.add("auth=" + auth);
        words.add("secret=" + secret);
        words.add("journal=" + journal);
        return words;
    }

    static LoadPlan parse(String[] words) {
        Map<String, String> given = new HashMap<>();
        for (String word : words) {
            int equals = word.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException("\"" + word + "\" is no name=value");
            }
            given.put(word.substring(0, equals), word.substring(equals + 1));
        }
        return new LoadPlan(
                number(given, "port"),
                number(given, "redis"),
                number(given, "agents"),
                text(given, "prefix"),
                number(given, "sources"),
                Auth.valueOf(text(given, "auth")),
                text(given, "secret"),
                number(given, "frame"),
                number(given, "loops"),
                number(given, "think"),
                Boolean.parseBoolean(text(given, "journal")));
    }

    private static String text(Map<String, String> given, String name) {
        String value = given.get(name);
        if (value == null) {
            throw new IllegalArgumentException(name + " is missing");
        }
        return value;
    }

    private static int number(Map<String, String> given, String name) {
        return Integer.parseInt(text(given, name));
    }
}
