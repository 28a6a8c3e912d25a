package io.viworks.service;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.util.unit.DataSize;

/**
 * Reads a service's configuration by its documented names and collects every mistake, so that one
 * failed start names them all. A name comes from the environment or from {@code
 * config/<service>.yaml}; the environment wins. For one thread, at the start.
 */
public final class Config {
    private final ConfigurableEnvironment environment;
    private final String service;
    private final List<String> mistakes = new ArrayList<>();
    private final Set<String> known = new TreeSet<>();
    private final List<String> ownedPrefixes = new ArrayList<>();
    private final Map<String, Object> springProperties = new LinkedHashMap<>();

    Config(ConfigurableEnvironment environment, String service) {
        this.environment = environment;
        this.service = service;
    }

    /** The value, or the default when there is none. */
    public String text(String name, String orElse) {
        return find(name).orElse(orElse);
    }

    /** The value; a mistake when there is none. */
    public String required(String name) {
        return find(name)
                .orElseGet(() -> {
                    mistake(name + " is missing");
                    return "";
                });
    }

    /** The value, when there is one; blank counts as none. */
    public Optional<String> find(String name) {
        known.add(name);
        return Optional.ofNullable(environment.getProperty(name))
                .map(String::strip)
                .filter(value -> !value.isEmpty());
    }

    /** A secret: the value of {@code name}, or the contents of the file {@code name_FILE} names. */
    public Optional<String> secret(String name) {
        Optional<String> value = find(name);
        Optional<String> file = find(name + "_FILE");
        if (value.isPresent() && file.isPresent()) {
            mistake("set either " + name + " or " + name + "_FILE, not both");
            return value;
        }
        return file.isPresent() ? file.map(path -> contents(name, path)) : value;
    }

    private String contents(String name, String path) {
        try {
            String text = Files.readString(Path.of(path)).strip();
            if (text.isEmpty()) {
                mistake(name + "_FILE names an empty file: " + path);
            }
            return text;
        } catch (IOException e) {
            mistake(name + "_FILE cannot be read: " + path);
            return "";
        }
    }

    /** A whole number within bounds. */
    public int integer(String name, int orElse, int min, int max) {
        return parsed(
                name,
                orElse,
                text -> {
                    int value = Integer.parseInt(text);
                    if (value < min || value > max) {
                        throw new IllegalArgumentException();
                    }
                    return value;
                },
                "a whole number from " + min + " to " + max);
    }

    /** {@code true} or {@code false}. */
    public boolean flag(String name, boolean orElse) {
        return parsed(
                name,
                orElse,
                text ->
                        switch (text.toLowerCase(Locale.ROOT)) {
                            case "true" -> true;
                            case "false" -> false;
                            default -> throw new IllegalArgumentException();
                        },
                "true or false");
    }

    /** A duration such as {@code 500ms}, {@code 10s}, {@code 24h}, {@code 30d}, or ISO 8601. */
    public Duration duration(String name, Duration orElse, Duration min, Duration max) {
        return parsed(
                name,
                orElse,
                text -> {
                    Duration value = DurationStyle.detectAndParse(text);
                    if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
                        throw new IllegalArgumentException();
                    }
                    return value;
                },
                "a duration from " + human(min) + " to " + human(max) + ", such as 30s");
    }

    /** A size such as {@code 256KB} or {@code 5MB} (powers of 1024). */
    public DataSize size(String name, DataSize orElse, DataSize min, DataSize max) {
        return parsed(
                name,
                orElse,
                text -> {
                    DataSize value = DataSize.parse(text);
                    if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
                        throw new IllegalArgumentException();
                    }
                    return value;
                },
                "a size from " + min.toKilobytes() + "KB to " + max.toKilobytes() + "KB");
    }

    /** An address to listen on. */
    public HostPort address(String name, String orElse) {
        return parsed(
                name,
                HostPort.parse(orElse),
                HostPort::parse,
                "host:port, such as 127.0.0.1:8082 or [::1]:8082");
    }

    /** Comma-separated values, without blanks and empty ones. */
    public List<String> list(String name) {
        return find(name).stream()
                .flatMap(text -> Arrays.stream(text.split(",", -1)))
                .map(String::strip)
                .filter(entry -> !entry.isEmpty())
                .toList();
    }

    /**
     * Any other form.
     *
     * @param parse throws an {@link IllegalArgumentException} for what it does not take
     * @param form what would be right, for the message
     */
    public <T> T parsed(String name, T orElse, Function<String, T> parse, String form) {
        Optional<String> text = find(name);
        if (text.isEmpty()) {
            return orElse;
        }
        try {
            return parse.apply(text.get());
        } catch (IllegalArgumentException | ArithmeticException | DateTimeParseException e) {
            mistake(name + " must be " + form + "; it is \"" + shortened(text.get()) + "\"");
            return orElse;
        }
    }

    /** Adds a mistake: which name, what is wrong, what would be right; never a secret's value. */
    public void mistake(String sentence) {
        mistakes.add(sentence);
    }

    /** Names that begin so belong to this service: one that nobody reads is a mistake. */
    public void owns(String prefix) {
        ownedPrefixes.add(prefix);
    }

    /** A name that another part of the system reads and that is therefore no mistake here. */
    public void ignores(String name) {
        known.add(name);
    }

    /** Stops the start, with exit code 0, when the flag is false. */
    public void enabledBy(String flag) {
        enabledBy(flag, true);
    }

    /** {@link #enabledBy(String)} with what counts when the flag is not set. */
    public void enabledBy(String flag, boolean orElse) {
        if (!flag(flag, orElse)) {
            throw new Disabled(flag);
        }
    }

    /** Hands a property of Spring's own to the context. */
    public void spring(String property, Object value) {
        springProperties.put(property, value);
    }

    Map<String, Object> springProperties() {
        return springProperties;
    }

    /** Throws when there was any mistake, with all of them. */
    void verify() {
        for (String name : unknownNames()) {
            mistake(name + " is not known" + suggestion(name));
        }
        if (!mistakes.isEmpty()) {
            throw new BadConfiguration(mistakes);
        }
    }

    private Set<String> unknownNames() {
        Set<String> unknown = new TreeSet<>();
        for (PropertySource<?> source : environment.getPropertySources()) {
            if (!(source instanceof EnumerablePropertySource<?> enumerable)) {
                continue;
            }
            boolean ownFile = source.getName().contains(service + ".yaml");
            for (String name : enumerable.getPropertyNames()) {
                boolean spelledAsOurs = name.matches("[A-Z][A-Z0-9_]*");
                if (spelledAsOurs && (ownFile || owned(name)) && !known.contains(name)) {
                    unknown.add(name);
                }
            }
        }
        return unknown;
    }

    private boolean owned(String name) {
        return ownedPrefixes.stream().anyMatch(name::startsWith);
    }

    private String suggestion(String name) {
        @Nullable String best = null;
        int bestDistance = 4;
        for (String candidate : known) {
            int distance = distance(name, candidate);
            if (distance < bestDistance) {
                bestDistance = distance;
                best = candidate;
            }
        }
        return best == null ? "" : "; did you mean " + best + "?";
    }

    /** Levenshtein's edit distance. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int above = row[j];
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, 1 + Math.min(above, row[j - 1]));
                diagonal = above;
            }
        }
        return row[b.length()];
    }

    private static String shortened(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }

    /** In the largest unit that says it in a whole number. */
    private static String human(Duration duration) {
        if (duration.isZero()) {
            return "0s";
        }
        for (ChronoUnit unit :
                List.of(
                        ChronoUnit.DAYS,
                        ChronoUnit.HOURS,
                        ChronoUnit.MINUTES,
                        ChronoUnit.SECONDS)) {
            if (duration.toMillis() % unit.getDuration().toMillis() == 0) {
                return DurationStyle.SIMPLE.print(duration, unit);
            }
        }
        return DurationStyle.SIMPLE.print(duration, ChronoUnit.MILLIS);
    }
}
