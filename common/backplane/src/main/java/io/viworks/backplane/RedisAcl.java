package io.viworks.backplane;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The Redis user of each service, with the least commands and keys it needs (spec 4). A script is
 * checked command by command, so what scripts call is among them. Written for Redis 6.2: there is
 * no read-only pattern.
 */
public final class RedisAcl {
    private RedisAcl() {}

    /** The services that use Redis. */
    public enum Service {
        AGENT_BRIDGE,
        TELEMETRY_WRITER,
        RESULTS_WRITER,
        ADMIN_API;

        /** The name of its user, and its own: {@code agent-bridge}. */
        public String user() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** One user as a line of redis.conf or of an ACL file. */
    public static String line(Service service, String password) {
        return "user " + service.user() + " " + String.join(" ", rules(service, password));
    }

    /**
     * The rules of one user, as {@code ACL SETUSER} takes them after the name.
     *
     * @param password without white space
     */
    public static List<String> rules(Service service, String password) {
        if (password.isEmpty() || password.chars().anyMatch(Character::isWhitespace)) {
            throw new IllegalArgumentException("a Redis password is not empty and has no spaces");
        }
        List<String> rules = new ArrayList<>(List.of("reset", "on", ">" + password));
        keys(service).forEach(key -> rules.add("~" + key));
        Stream.concat(everyone(), commands(service))
                .distinct()
                .forEach(command -> rules.add("+" + command));
        return rules;
    }

    private static Stream<String> keys(Service service) {
        return switch (service) {
            case AGENT_BRIDGE ->
                    Stream.of(
                            "viw.agent_hello",
                            "viw.telemetry",
                            "viw.commands",
                            "viw.commands.*",
                            "viw.command_results",
                            "viw.command_output",
                            "viw:owner:*",
                            "viw:bridge:*",
                            "viw:bridges",
                            "viw:life",
                            "viw:dir:*",
                            "viw:nonce:*",
                            "viw:decided:*");
            case TELEMETRY_WRITER ->
                    Stream.of(
                            "viw.agent_hello",
                            "viw.agent_hello.dlq",
                            "viw.telemetry",
                            "viw.telemetry.dlq",
                            "viw.events");
            case RESULTS_WRITER ->
                    Stream.of(
                            "viw.agent_hello",
                            "viw.agent_hello.dlq",
                            "viw.command_results",
                            "viw.command_results.dlq",
                            "viw.commands",
                            "viw.commands.*",
                            "viw.events",
                            "viw:owner:*",
                            "viw:bridge:*",
                            "viw:bridges",
                            "viw:life");
            case ADMIN_API ->
                    Stream.of(
                            // Dead letters are written into their streams again.
                            "viw.agent_hello",
                            "viw.telemetry",
                            "viw.command_results",
                            "viw.commands",
                            "viw.commands.*",
                            "viw.command_output",
                            "viw.events",
                            "viw.*.dlq",
                            "viw:owner:*",
                            "viw:bridge:*",
                            "viw:bridges",
                            "viw:life",
                            "viw:dir:*",
                            "viw:nonce:*");
        };
    }

    private static Stream<String> commands(Service service) {
        return switch (service) {
            case AGENT_BRIDGE -> Stream.of(readers(), senders(), bridges()).flatMap(s -> s);
            case TELEMETRY_WRITER -> readers();
            case RESULTS_WRITER ->
                    Stream.of(readers(), senders(), Stream.of("xtrim")).flatMap(s -> s);
            case ADMIN_API -> Stream.concat(senders(), admins());
        };
    }

    /** Being there, and running scripts. */
    private static Stream<String> everyone() {
        return Stream.of("ping", "info", "client|setname", "eval", "evalsha", "exists", "time");
    }

    /** The consumer loop. */
    private static Stream<String> readers() {
        return Stream.of(
                "xreadgroup",
                "xgroup",
                "xinfo",
                "xpending",
                "xclaim",
                "xautoclaim",
                "xack",
                "xrange",
                "xrevrange",
                "xlen",
                "xadd");
    }

    /** Looking up owners and sending commands. */
    private static Stream<String> senders() {
        return Stream.of("xadd", "set", "get", "zadd", "hget", "hmget");
    }

    /** Ownership, delivery, dead bridges, pressure. */
    private static Stream<String> bridges() {
        return Stream.of(
                "hgetall",
                "hset",
                "del",
                "pexpire",
                "pexpireat",
                "zrange",
                "zrem",
                "zscore",
                "xtrim",
                "xdel",
                "rename",
                "memory|usage");
    }

    /** The directory, events, live output, dead letters, and how bridges and writers are. */
    private static Stream<String> admins() {
        return Stream.of(
                "hset",
                "hgetall",
                "del",
                "xread",
                "xrange",
                "xrevrange",
                "xlen",
                "xdel",
                "xinfo",
                "xpending",
                "zrange");
    }
}
