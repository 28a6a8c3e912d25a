package io.viworks.backplane;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A Lua script of {@code scripts/}, run by its digest and sent whole only when Redis does not know
 * it. Every script answers a list, and may be run twice with the same arguments without harm.
 */
public final class Script {
    private final String text;
    private final String digest;

    private Script(String text) {
        this.text = text;
        this.digest = sha1(text);
    }

    /** Loads {@code scripts/<name>.lua} from the class path. */
    public static Script named(String name) {
        try (InputStream in = Script.class.getResourceAsStream("/scripts/" + name + ".lua")) {
            if (in == null) {
                throw new IllegalStateException("no script scripts/" + name + ".lua");
            }
            return new Script(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("scripts/" + name + ".lua cannot be read", e);
        }
    }

    /** Runs it over the shared connection. The answer's elements are bytes, numbers or lists. */
    public CompletionStage<List<@Nullable Object>> run(
            RedisConnections connections, String[] keys, List<byte[]> args) {
        byte[][] values = args.toArray(byte[][]::new);
        return run(connections, keys, _ -> values);
    }

    /**
     * The same with one argument more, the last: the {@code run_id} of the Redis that is asked,
     * which the script would have to look for in all that INFO says.
     */
    public CompletionStage<List<@Nullable Object>> runWithRunId(
            RedisConnections connections, String[] keys, List<byte[]> args) {
        return run(
                connections,
                keys,
                runId -> {
                    byte[][] values = args.toArray(new byte[args.size() + 1][]);
                    values[args.size()] = runId.getBytes(StandardCharsets.US_ASCII);
                    return values;
                });
    }

    private CompletionStage<List<@Nullable Object>> run(
            RedisConnections connections, String[] keys, Function<String, byte[][]> args) {
        return connections
                .<List<@Nullable Object>>ask((redis, runId) ->
                        redis.evalsha(digest, ScriptOutputType.MULTI, keys, args.apply(runId)))
                .exceptionallyCompose(failure ->
                        isUnknown(failure)
                                ? connections.ask((redis, runId) ->
                                        redis.eval(
                                                text,
                                                ScriptOutputType.MULTI,
                                                keys,
                                                args.apply(runId)))
                                : CompletableFuture.failedFuture(failure));
    }

    private static boolean isUnknown(Throwable failure) {
        return failure instanceof RedisNoScriptException
                || (failure instanceof CompletionException
                        && failure.getCause() instanceof RedisNoScriptException);
    }

    public static String[] keys(String... keys) {
        return keys;
    }

    /** Arguments of a script: text, numbers and bytes; null stands as the empty text. */
    public static List<byte[]> args(@Nullable Object... values) {
        List<byte[]> args = new ArrayList<>(values.length);
        for (Object value : values) {
            args.add(
                    value instanceof byte[] bytes
                            ? bytes
                            : Objects.toString(value, "").getBytes(StandardCharsets.UTF_8));
        }
        return args;
    }

    /** These arguments and then the fields, name by value, as XADD takes them. */
    public static List<byte[]> args(List<byte[]> first, Map<String, byte[]> fields) {
        List<byte[]> args = new ArrayList<>(first);
        fields.forEach((name, value) -> {
            args.add(name.getBytes(StandardCharsets.UTF_8));
            args.add(value);
        });
        return args;
    }

    /** An element of an answer that is text; nil is the empty text. */
    public static String text(List<? extends @Nullable Object> reply, int index) {
        return switch (reply.get(index)) {
            case null -> "";
            case byte[] bytes -> new String(bytes, StandardCharsets.UTF_8);
            case Object other -> other.toString();
        };
    }

    /** An element of an answer that is a whole number, written as one or as text. */
    public static long number(List<? extends @Nullable Object> reply, int index) {
        return reply.get(index) instanceof Long number
                ? number
                : Long.parseLong(text(reply, index));
    }

    private static String sha1(String text) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-1")
                                    .digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
    }
}
