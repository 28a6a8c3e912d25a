package io.viworks.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Takes a file of SQL apart, for {@code vacuum} wants to be sent alone. */
final class Statements {
    /** A semicolon that ends a line ends a statement, unless a {@code $$} is open. */
    private static final Pattern END = Pattern.compile(";[ \\t]*(?:\\n|$)");

    private Statements() {}

    static List<String> of(String script) {
        List<String> statements = new ArrayList<>();
        StringBuilder open = new StringBuilder();
        for (String piece : END.split(script, -1)) {
            open.append(piece);
            if (open.toString().split("\\$\\$", -1).length % 2 == 1) {
                if (!open.toString().replaceAll("(?m)^\\s*--.*$", "").isBlank()) {
                    statements.add(open.toString());
                }
                open.setLength(0);
            } else {
                open.append(";\n");
            }
        }
        return statements;
    }
}
