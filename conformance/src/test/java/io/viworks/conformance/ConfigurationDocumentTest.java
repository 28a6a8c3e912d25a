package io.viworks.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds docs/configuration.md against what the sources read. */
class ConfigurationDocumentTest {
    /** A whole name as a literal; one that ends in _ is the beginning of several. */
    private static final Pattern NAME = Pattern.compile("\"((?:VIW|AGENT)_[A-Z0-9_]*[A-Z0-9])\"");

    /** What one program tells another. */
    private static final Pattern TOLD = Pattern.compile("put\\(\\s*\"[A-Z0-9_]+\"");

    /** {@code | `NAME` | default | meaning |}. */
    private static final Pattern ROW =
            Pattern.compile("(?m)^\\| `([A-Z][A-Z0-9_]+)` \\| ([^|]*) \\|");

    /** A read with a literal default: method, name, default. */
    private static final Pattern READ =
            Pattern.compile(
                    "\\.(?:text|integer|flag|duration|size|address)\\(\\s*\"([A-Z0-9_]+)\",\\s*"
                            + "(\"[^\"]*\"|[0-9_]+|true|false"
                            + "|(?:Duration|DataSize)\\.of[A-Za-z]+\\([0-9_]+\\))");

    private static final Pattern AMOUNT =
            Pattern.compile("(?:Duration|DataSize)\\.of([A-Za-z]+)\\(([0-9_]+)\\)");

    /** As deploy/nginx/edge reads: a word, a name, a default. */
    private static final Pattern EDGE_READ =
            Pattern.compile("(?m)^  (?:text|number) ([A-Z_]+) (\\S+)");

    private static final Pattern AGENT_KEY = Pattern.compile("`([a-z_]+)`");
    private static final Pattern QUOTED_KEY = Pattern.compile("\"([a-z_]+)\"");

    private final Path root = Checkout.root();
    private final String document = read(root.resolve("docs/configuration.md"));

    @Test
    void everyNameThatTheSourcesReadIsInATable() throws Exception {
        Set<String> read = new TreeSet<>();
        for (String source : sources()) {
            NAME.matcher(TOLD.matcher(source).replaceAll(""))
                    .results()
                    .map(found -> found.group(1))
                    .forEach(read::add);
        }
        assertThat(read).hasSizeGreaterThan(10);
        read.removeIf(this::isSecretsFile);
        read.removeAll(documented());
        assertThat(read).as("missing in docs/configuration.md").isEmpty();
    }

    @Test
    void everyNameInATableIsReadBySomebody() throws Exception {
        String all = String.join("\n", sources()) + read(root.resolve("viw"));
        Set<String> unknown = documented();
        unknown.removeIf(name -> all.contains("\"" + name + "\"") || isComposed(name, all));
        unknown.removeIf(name -> all.contains("{" + name + ":"));
        unknown.removeIf(name -> name.startsWith("VIW_EDGE_")); // see below
        assertThat(unknown).as("in docs/configuration.md, but nobody reads it").isEmpty();
    }

    @Test
    void theEdgesSettingsAndDefaultsAreThoseOfItsTable() {
        Set<String> rows = new TreeSet<>();
        ROW.matcher(document)
                .results()
                .filter(row -> row.group(1).startsWith("VIW_EDGE_"))
                .forEach(row -> rows.add(row.group(1) + " " + row.group(2).replace("`", "")));
        Set<String> read = new TreeSet<>();
        EDGE_READ
                .matcher(read(root.resolve("deploy/nginx/edge")))
                .results()
                .forEach(found -> {
                    String value = found.group(2);
                    read.add(
                            "VIW_EDGE_"
                                    + found.group(1)
                                    + (value.startsWith("\"\"") ? "" : " " + value));
                });
        assertThat(read).hasSizeGreaterThan(20);
        // A default that depends on another setting is described in words.
        for (String setting : read) {
            String name = setting.split(" ", 2)[0];
            boolean plain = setting.contains(" ") && !setting.contains("$");
            assertThat(rows)
                    .anyMatch(row -> plain ? row.equals(setting) : row.startsWith(name + " "));
        }
        assertThat(rows).hasSameSizeAs(read);
    }

    @Test
    void theAgentsKeysAreThoseOfItsTable() {
        String source =
                read(
                        root.resolve(
                                "agent/src/main/java/io/viworks/agent/config/ConfigSources.java"));
        String set = source.substring(source.indexOf("KEYS ="), source.indexOf(");"));
        int from = document.indexOf("\n## agent\n");
        String section = document.substring(from, document.indexOf("\n## ", from + 1));
        Set<String> documented = new TreeSet<>();
        section.lines()
                .filter(line -> line.startsWith("| `"))
                .map(line -> line.split("\\|", -1)[1])
                .forEach(names -> matches(AGENT_KEY, names).forEach(documented::add));
        assertThat(documented).containsExactlyInAnyOrderElementsOf(matches(QUOTED_KEY, set));
    }

    private static List<String> matches(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(found -> found.group(1)).toList();
    }

    @Test
    void theDefaultsAreThoseOfTheSources() throws Exception {
        for (String source : sources()) {
            for (MatchResult found : READ.matcher(source).results().toList()) {
                String name = found.group(1);
                String value = shown(found.group(2));
                assertThat(defaultsOf(name))
                        .as("the default of %s", name)
                        .anySatisfy(documented ->
                                assertThat(documented)
                                        .isIn(
                                                value.isEmpty() ? "none" : "`" + value + "`",
                                                "the service's role"));
            }
        }
    }

    private Set<String> documented() {
        Set<String> names = new TreeSet<>();
        ROW.matcher(document).results().map(row -> row.group(1)).forEach(names::add);
        return names;
    }

    private List<String> defaultsOf(String name) {
        return ROW.matcher(document)
                .results()
                .filter(row -> row.group(1).equals(name))
                .map(row -> row.group(2).strip())
                .toList();
    }

    private boolean isSecretsFile(String name) {
        return name.endsWith("_FILE")
                && documented().contains(name.substring(0, name.length() - "_FILE".length()));
    }

    /** Names such as {@code "VIW_DB_PASSWORD_" + role}. */
    private static boolean isComposed(String name, String sources) {
        for (int end = name.lastIndexOf('_'); end > 4; end = name.lastIndexOf('_', end - 1)) {
            if (sources.contains("\"" + name.substring(0, end + 1) + "\" + ")) {
                return true;
            }
        }
        return false;
    }

    /** A default as people write it: {@code Duration.ofMinutes(2)} is {@code 2m}. */
    private static String shown(String literal) {
        Matcher amount = AMOUNT.matcher(literal);
        if (!amount.matches()) {
            return literal.startsWith("\"") ? literal.replace("\"", "") : literal.replace("_", "");
        }
        String unit =
                switch (amount.group(1)) {
                    case "Millis" -> "ms";
                    case "Seconds" -> "s";
                    case "Minutes" -> "m";
                    case "Hours" -> "h";
                    case "Days" -> "d";
                    case "Bytes" -> "B";
                    case "Kilobytes" -> "KB";
                    case "Megabytes" -> "MB";
                    case String other -> " " + other;
                };
        return amount.group(2).replace("_", "") + unit;
    }

    private List<String> sources() throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> root.relativize(file).toString().contains("src/main/"))
                    .map(ConfigurationDocumentTest::read)
                    .toList();
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
