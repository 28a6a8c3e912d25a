package io.viworks.agent.helper.server;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tomlj.TomlArray;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/** One table of the helper's file; what is wrong with it is gathered with its line. */
final class TomlSection {
    private final Path file;
    private final String name;
    private final TomlTable table;
    private final List<String> mistakes;

    TomlSection(Path file, String name, TomlTable table, List<String> mistakes) {
        this.file = file;
        this.name = name;
        this.table = table;
        this.mistakes = mistakes;
    }

    void wrong(String key, String rule) {
        TomlPosition position = table.inputPositionOf(List.of(key));
        int line = position == null ? 1 : position.line();
        mistakes.add("%s:%d: %s.%s must %s".formatted(file, line, name, key, rule));
    }

    void only(Set<String> known) {
        for (String key : table.keySet()) {
            if (!known.contains(key)) {
                wrong(key, "be one of " + String.join(", ", known.stream().sorted().toList()));
            }
        }
    }

    boolean has(String key) {
        return table.contains(List.of(key));
    }

    Set<String> keys() {
        return table.keySet();
    }

    @Nullable String text(String key) {
        Object value = table.get(List.of(key));
        if (value instanceof String text && !text.isBlank()) {
            return text;
        }
        if (value != null) {
            wrong(key, "be a text that is not empty");
        }
        return null;
    }

    String required(String key) {
        String text = text(key);
        if (text == null && !has(key)) {
            wrong(key, "be set");
        }
        return text == null ? "" : text;
    }

    Path path(String key, @Nullable String fallback) {
        String text = fallback == null ? required(key) : text(key);
        if (text == null || text.isEmpty()) {
            return Path.of(fallback == null ? "/" : fallback);
        }
        return path(key, text, "be an absolute path");
    }

    private Path path(String key, String text, String rule) {
        try {
            Path path = Path.of(text);
            if (path.isAbsolute()) {
                return path;
            }
        } catch (InvalidPathException _) {
            // said below
        }
        wrong(key, rule);
        return Path.of("/");
    }

    int integer(String key, int fallback, int min, int max) {
        Object value = table.get(List.of(key));
        if (value == null) {
            return fallback;
        }
        if (value instanceof Long number && number >= min && number <= max) {
            return Math.toIntExact(number);
        }
        wrong(key, "be a whole number from %d to %d".formatted(min, max));
        return fallback;
    }

    /** A list of texts, none of them empty; nothing when it is absent. */
    List<String> texts(String key) {
        Object value = table.get(List.of(key));
        if (value == null) {
            return List.of();
        }
        List<String> texts = new ArrayList<>();
        if (value instanceof TomlArray array) {
            for (Object element : array.toList()) {
                if (element instanceof String text && !text.isEmpty()) {
                    texts.add(text);
                }
            }
            if (texts.size() == array.size()) {
                return texts;
            }
        }
        wrong(key, "be a list of texts, none of them empty");
        return List.of();
    }

    Set<String> names(String key) {
        return new LinkedHashSet<>(texts(key));
    }

    List<Path> paths(String key) {
        return texts(key).stream()
                .map(text -> path(key, text, "be a list of absolute paths"))
                .toList();
    }

    /** A table within; an empty one when it is absent. */
    TomlSection table(String key) {
        if (has(key) && !table.isTable(List.of(key))) {
            wrong(key, "be a table");
        }
        TomlTable found =
                table.isTable(List.of(key))
                        ? table.getTableOrEmpty(List.of(key))
                        : org.tomlj.Toml.parse("");
        return new TomlSection(file, name.isEmpty() ? key : name + "." + key, found, mistakes);
    }
}
