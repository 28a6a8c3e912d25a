package io.viworks.conformance.monitoring;

import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The names of metrics in a query of Prometheus. Whether it parses, promtool says. */
final class Promql {
    /** What stands between the names: texts, selectors, lists of labels, ranges, offsets. */
    private static final Pattern NO_NAMES =
            Pattern.compile(
                    "\"(?:[^\"\\\\]|\\\\.)*\"|'[^']*'"
                            + "|\\b(?:by|without|on|ignoring|group_left|group_right)\\s*\\([^)]*\\)"
                            + "|\\{[^}]*}|\\[[^]]*]|\\boffset\\s+[0-9a-z]+");

    private static final Pattern NAME = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*(?!\\s*\\()\\b");
    private static final Set<String> WORDS = Set.of("and", "or", "unless", "bool");

    private Promql() {}

    static Set<String> metrics(String query) {
        String bare = query;
        // Selectors hold texts that hold braces: texts first.
        for (String before = ""; !before.equals(bare); ) {
            before = bare;
            bare = NO_NAMES.matcher(bare).replaceAll(" ");
        }
        return NAME.matcher(bare)
                .results()
                .map(found -> found.group())
                .filter(name -> !WORDS.contains(name) && Character.isLetter(name.charAt(0)))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
