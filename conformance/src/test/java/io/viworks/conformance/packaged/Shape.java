package io.viworks.conformance.packaged;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Whether something printed looks as a document shows it: of JSON the members and their types, and
 * the values of those that say how something went; of text the lines, with … for what varies.
 */
final class Shape {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** Members whose values are as shown, not only their types. */
    private static final Set<String> EXACT =
            Set.of("state", "status", "code", "command", "verb", "delivery", "outcome", "role");

    private static final String VARIES = "…";

    private Shape() {}

    /** What differs; nothing when it is as shown. */
    static List<String> differences(String language, String shown, String printed) {
        return language.equals("json") ? ofJson(shown, printed) : ofText(shown, printed);
    }

    private static List<String> ofText(String shown, String printed) {
        StringBuilder pattern = new StringBuilder();
        for (String line : shown.strip().split("\n", -1)) {
            if (line.strip().equals(VARIES)) {
                pattern.append("(?:[^\n]*\n)*?");
                continue;
            }
            for (String part : line.split(VARIES, -1)) {
                pattern.append(Pattern.quote(part)).append("[^\n]*?");
            }
            pattern.setLength(pattern.length() - "[^\n]*?".length());
            pattern.append("\n");
        }
        String plain = printed.replace("\r", "").strip() + "\n";
        return Pattern.compile(pattern.toString()).matcher(plain).matches()
                ? List.of()
                : List.of("is:\n" + plain);
    }

    private static List<String> ofJson(String shown, String printed) {
        List<String> differences = new ArrayList<>();
        try {
            compare("", "", JSON.readTree(shown), JSON.readTree(printed), differences);
        } catch (JacksonException e) {
            differences.add("is no JSON: " + e.getOriginalMessage());
        }
        if (!differences.isEmpty()) {
            differences.add("is:\n" + printed);
        }
        return differences;
    }

    private static void compare(
            String path, String name, JsonNode shown, JsonNode printed, List<String> differences) {
        if (isFree(shown) || shown.isNull() || (printed.isNull() && !EXACT.contains(name))) {
            return;
        }
        if (shown.getNodeType() != printed.getNodeType()) {
            differences.add(path + " is " + printed + ", shown is " + shown);
        } else if (shown.isObject()) {
            if (!shown.has(VARIES)) {
                Set<String> mine = new TreeSet<>(shown.propertyNames());
                Set<String> theirs = new TreeSet<>(printed.propertyNames());
                if (!mine.equals(theirs)) {
                    differences.add(path + " has " + theirs + ", shown are " + mine);
                }
            }
            for (var member : shown.properties()) {
                if (printed.has(member.getKey())) {
                    compare(
                            path + "/" + member.getKey(),
                            member.getKey(),
                            member.getValue(),
                            printed.path(member.getKey()),
                            differences);
                }
            }
        } else if (shown.isArray()) {
            if (!shown.isEmpty() && printed.isEmpty()) {
                differences.add(path + " is empty");
            }
            for (int i = 0; i < Math.min(shown.size(), printed.size()); i++) {
                compare(path + "/" + i, "", shown.path(i), printed.path(i), differences);
            }
        } else if (EXACT.contains(name) && !shown.equals(printed)) {
            differences.add(path + " is " + printed + ", shown is " + shown);
        }
    }

    private static boolean isFree(JsonNode shown) {
        return shown.isString() && shown.asString().equals(VARIES);
    }
}
