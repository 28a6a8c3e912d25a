package io.viworks.agent.config;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Values by their keys, wherever they came from, and the mistakes found while reading them. */
final class Settings {
    /**
     * One value.
     *
     * @param value text, number, boolean, or from a file also a list or a map of text
     * @param origin file and line, or the variable
     */
    record Value(Object value, String origin) {}

    private final Map<String, Value> values;
    private final List<String> mistakes;

    /**
     * Reads from these values.
     *
     * @param mistakes those found so far; more are added here
     */
    Settings(Map<String, Value> values, List<String> mistakes) {
        this.values = values;
        this.mistakes = mistakes;
    }

    boolean has(String key) {
        return values.containsKey(key);
    }

    void wrong(String key, String rule) {
        Value value = values.get(key);
        String origin = value == null ? "outbound" : value.origin();
        mistakes.add(origin + ": " + key + " must " + rule);
    }

    /** The text made into something; an {@link IllegalArgumentException} says what is right. */
    <T> @Nullable T parsed(String key, Function<String, T> parser) {
        String text = text(key);
        if (text == null) {
            return null;
        }
        try {
            return parser.apply(text);
        } catch (IllegalArgumentException e) {
            wrong(key, String.valueOf(e.getMessage()));
            return null;
        }
    }

    @Nullable String text(String key) {
        Value value = values.get(key);
        if (value == null) {
            return null;
        }
        if (value.value() instanceof String text && !text.isBlank()) {
            return text.strip();
        }
        wrong(key, "be a text that is not empty");
        return null;
    }

    int integer(String key, int fallback, int min, int max) {
        Value value = values.get(key);
        if (value == null) {
            return fallback;
        }
        long number = number(value.value(), min - 1L);
        if (number < min || number > max) {
            wrong(key, "be a whole number from %d to %d".formatted(min, max));
            return fallback;
        }
        return (int) number;
    }

    private static long number(Object value, long otherwise) {
        if (value instanceof Long number) {
            return number;
        }
        if (value instanceof String text && text.strip().matches("-?[0-9]{1,18}")) {
            return Long.parseLong(text.strip());
        }
        return otherwise;
    }

    boolean flag(String key, boolean fallback) {
        Value value = values.get(key);
        if (value == null) {
            return fallback;
        }
        String text = value.value().toString().strip().toLowerCase(Locale.ROOT);
        if (text.equals("true") || text.equals("false")) {
            return text.equals("true");
        }
        wrong(key, "be true or false");
        return fallback;
    }

    /** A list; in one text, commas part it. */
    Set<String> texts(String key) {
        Value value = values.get(key);
        if (value == null) {
            return Set.of();
        }
        List<?> elements =
                value.value() instanceof List<?> list
                        ? list
                        : List.of(value.value().toString().split(",", -1));
        Set<String> texts = new LinkedHashSet<>();
        for (Object element : elements) {
            if (!(element instanceof String text) || text.isBlank()) {
                wrong(key, "be a list of texts, none of them empty");
                return Set.of();
            }
            texts.add(text.strip());
        }
        return texts;
    }

    /** A table of texts; in one text, {@code key=value} parted by commas. */
    Map<String, String> table(String key) {
        Value value = values.get(key);
        Map<String, String> table = new LinkedHashMap<>();
        if (value == null) {
            return table;
        }
        if (value.value() instanceof Map<?, ?> map) {
            map.forEach((name, text) -> table.put(name.toString(), text.toString()));
            return table;
        }
        for (String pair : value.value().toString().split(",", -1)) {
            int equals = pair.indexOf('=');
            if (equals < 1) {
                wrong(key, "be key=value, parted by commas");
                return Map.of();
            }
            table.put(pair.substring(0, equals).strip(), pair.substring(equals + 1).strip());
        }
        return table;
    }

    @Nullable Path path(String key) {
        return parsed(
                key,
                text -> {
                    try {
                        return Path.of(text);
                    } catch (InvalidPathException e) {
                        throw new IllegalArgumentException("be a path", e);
                    }
                });
    }

    Path path(String key, String fallback) {
        Path path = path(key);
        return path == null ? Path.of(fallback) : path;
    }

    /** A file that is there, can be read and holds something. */
    @Nullable Path readable(String key) {
        Path path = path(key);
        if (path == null) {
            return null;
        }
        if (!Files.isRegularFile(path) || !Files.isReadable(path)) {
            wrong(key, "name a file that can be read: " + path + " cannot");
            return null;
        }
        if (path.toFile().length() == 0) {
            wrong(key, "name a file that holds something: " + path + " is empty");
            return null;
        }
        return path;
    }

    /** Whether anybody but its owner may do something with a file. */
    static boolean isOpenToOthers(Path file) {
        try {
            return Files.getPosixFilePermissions(file).stream()
                    .anyMatch(permission -> !permission.name().startsWith("OWNER_"));
        } catch (IOException e) {
            return true;
        }
    }

    /** An absolute URL of one of the schemes, with a host and without user, query and fragment. */
    @Nullable URI url(String key, List<String> schemes) {
        URI uri = urlWithUser(key, schemes);
        if (uri != null && uri.getUserInfo() != null) {
            wrong(key, "have no user");
            return null;
        }
        return uri;
    }

    /** The same, and there may be a user with a password: no mistake repeats it. */
    @Nullable URI urlWithUser(String key, List<String> schemes) {
        return parsed(
                key,
                text -> {
                    URI uri = uri(text);
                    if (uri == null
                            || uri.getScheme() == null
                            || !schemes.contains(uri.getScheme())
                            || uri.getHost() == null) {
                        throw new IllegalArgumentException(
                                "be a URL with a host and the scheme "
                                        + String.join(" or ", schemes));
                    }
                    if (uri.getQuery() != null || uri.getFragment() != null) {
                        throw new IllegalArgumentException("have no query and no fragment");
                    }
                    return uri;
                });
    }

    private static @Nullable URI uri(String text) {
        try {
            return new URI(text);
        } catch (URISyntaxException e) {
            return null;
        }
    }

    /** All mistakes, so far and to come. */
    List<String> mistakes() {
        return mistakes;
    }

    static List<String> newMistakes() {
        return new ArrayList<>();
    }

    /** Whether a URL's host is this machine whatever anybody resolves. */
    static boolean isLoopback(String host) {
        return host.equals("localhost")
                || (host.matches("[0-9.]+|\\[.*]") && isLoopbackAddress(host));
    }

    private static boolean isLoopbackAddress(String host) {
        try {
            return InetAddress.ofLiteral(host.replaceAll("[\\[\\]]", "")).isLoopbackAddress();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
