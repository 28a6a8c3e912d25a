package io.viworks.launcher;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code ./viw up} was asked for.
 *
 * @param check make the journey, stop, and exit 0 or not
 * @param fresh begin with an empty data folder
 */
public record Options(
        boolean check,
        boolean fresh,
        int bridges,
        int telemetryWriters,
        int resultsWriters,
        int adminApis,
        int agents) {
    static final int MAX_OF_A_KIND = 16;

    static final String USAGE =
            """
            usage: ./viw up [--check] [--fresh] [--bridges N] [--telemetry-writers N]
                            [--results-writers N] [--admin-apis N] [--agents N]

              --check   make the journey once, say what was seen, stop, exit 0 or not
              --fresh   begin anew: empty the data folder first
              N         how many processes of a kind, 1 to 16 (agents: 0 to 16)
            """;

    /** What could not be understood, for people. */
    public static final class Misunderstood extends Exception {
        Misunderstood(String message) {
            super(message);
        }
    }

    public static Options parse(List<String> args) throws Misunderstood {
        boolean check = false;
        boolean fresh = false;
        Map<String, Integer> counts = new LinkedHashMap<>();
        counts.put("--bridges", 1);
        counts.put("--telemetry-writers", 1);
        counts.put("--results-writers", 1);
        counts.put("--admin-apis", 1);
        counts.put("--agents", 2);
        List<String> mistakes = new ArrayList<>();
        for (int i = 0; i < args.size(); i++) {
            String[] parts = args.get(i).split("=", 2);
            String name = parts[0];
            if (name.equals("--check")) {
                check = true;
            } else if (name.equals("--fresh")) {
                fresh = true;
            } else if (counts.containsKey(name)) {
                String value =
                        parts.length == 2 ? parts[1] : i + 1 < args.size() ? args.get(++i) : "";
                int min = name.equals("--agents") ? 0 : 1;
                counts.put(name, count(name, value, min, mistakes));
            } else {
                mistakes.add("unknown option " + args.get(i));
            }
        }
        if (!mistakes.isEmpty()) {
            throw new Misunderstood(String.join("\n", mistakes));
        }
        List<Integer> n = List.copyOf(counts.values());
        return new Options(check, fresh, n.get(0), n.get(1), n.get(2), n.get(3), n.get(4));
    }

    private static int count(String name, String value, int min, List<String> mistakes) {
        try {
            int count = Integer.parseInt(value);
            if (count >= min && count <= MAX_OF_A_KIND) {
                return count;
            }
        } catch (NumberFormatException e) {
            // Said below, like a number out of bounds.
        }
        mistakes.add(
                name
                        + " takes a number from "
                        + min
                        + " to "
                        + MAX_OF_A_KIND
                        + ", not \""
                        + value
                        + "\"");
        return min;
    }
}
