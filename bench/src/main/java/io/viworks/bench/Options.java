package io.viworks.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The {@code --name value} pairs of a command line. */
public final class Options {
    private final Map<String, String> given;

    private Options(Map<String, String> given) {
        this.given = given;
    }

    /**
     * Reads pairs.
     *
     * @param from where they begin
     * @throws IllegalArgumentException when one has no value or no name
     */
    static Options of(String[] args, int from) {
        Map<String, String> given = new LinkedHashMap<>();
        for (int i = from; i < args.length; i += 2) {
            if (!args[i].startsWith("--") || i + 1 == args.length) {
                throw new IllegalArgumentException(
                        "options are pairs such as --rounds 5; \"" + args[i] + "\" is none");
            }
            given.put(args[i].substring(2), args[i + 1]);
        }
        return new Options(given);
    }

    /**
     * Refuses every name but these.
     *
     * @throws IllegalArgumentException with what there is
     */
    public Options only(String... known) {
        Set<String> unknown = new TreeSet<>(given.keySet());
        Set<String> names = new TreeSet<>(Set.of(known));
        unknown.removeAll(names);
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(
                    "unknown options " + unknown + "; there are " + names);
        }
        return this;
    }

    /**
     * A whole number.
     *
     * @throws IllegalArgumentException outside {@code min} to {@code max}
     */
    public int number(String name, int fallback, int min, int max) {
        String text = given.getOrDefault(name, String.valueOf(fallback));
        try {
            int number = Integer.parseInt(text);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Told below, as a number that is out of range.
        }
        throw new IllegalArgumentException(
                "--" + name + " must be a whole number from " + min + " to " + max);
    }

    /** Words with commas between them; none when it is not given. */
    public List<String> words(String name) {
        String text = given.getOrDefault(name, "");
        return text.isEmpty() ? List.of() : List.of(text.split(",", -1));
    }

    /** As it was given, for the page. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        given.forEach((name, value) -> text.append(" --").append(name).append(' ').append(value));
        return text.toString();
    }
}
