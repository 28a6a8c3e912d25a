package io.viworks.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The words of a command line, sorted.
 *
 * @param plain those that are no options, in their order
 * @param options the values of each option; none for a switch that is set
 */
record Words(List<String> plain, Map<String, List<String>> options) {
    /**
     * Sorts them.
     *
     * @param valued options that take a value: {@code --site S} or {@code --site=S}
     * @param switches options that take none
     */
    static Words of(List<String> words, Set<String> valued, Set<String> switches)
            throws Misunderstood {
        List<String> plain = new ArrayList<>();
        Map<String, List<String>> options = new LinkedHashMap<>();
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (!word.startsWith("--")) {
                plain.add(word);
                continue;
            }
            int equals = word.indexOf('=');
            String name = equals < 0 ? word : word.substring(0, equals);
            List<String> values = options.computeIfAbsent(name, _ -> new ArrayList<>());
            if (switches.contains(name) && equals < 0) {
                continue;
            }
            if (!valued.contains(name)) {
                throw new Misunderstood(
                        switches.contains(name)
                                ? name + " takes no value."
                                : "There is no option " + Harmless.cell(name) + " here.");
            }
            if (equals >= 0) {
                values.add(word.substring(equals + 1));
            } else if (i + 1 < words.size()) {
                values.add(words.get(++i));
            } else {
                throw new Misunderstood(name + " needs a value.");
            }
        }
        return new Words(plain, options);
    }

    boolean has(String option) {
        return options.containsKey(option);
    }

    List<String> all(String option) {
        return options.getOrDefault(option, List.of());
    }

    Optional<String> one(String option) throws Misunderstood {
        List<String> values = all(option);
        if (values.size() > 1) {
            throw new Misunderstood(option + " may be given once.");
        }
        return values.stream().findFirst();
    }

    Optional<Integer> number(String option, int min, int max) throws Misunderstood {
        Optional<String> value = one(option);
        if (value.isEmpty()) {
            return Optional.empty();
        }
        try {
            int number = Integer.parseInt(value.get());
            if (number >= min && number <= max) {
                return Optional.of(number);
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new Misunderstood(
                option + " must be a whole number from " + min + " to " + max + ".");
    }

    /** The plain words must be exactly these many. */
    void exactly(int count, String form) throws Misunderstood {
        if (plain.size() != count) {
            throw new Misunderstood("It is: " + form);
        }
    }

    /** A plain word as the id of a gateway. */
    String gateway(int index) throws Misunderstood {
        String id = plain.get(index);
        if (!id.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")) {
            throw new Misunderstood(
                    "\""
                            + Harmless.cell(id)
                            + "\" is no gateway's id: letters, digits, . _ - and at most 64.");
        }
        return id;
    }
}
