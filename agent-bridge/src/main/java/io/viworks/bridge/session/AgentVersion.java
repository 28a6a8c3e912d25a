package io.viworks.bridge.session;

import java.util.Arrays;
import java.util.List;

/**
 * An agent's version as far as it is compared: the numbers between dots, up to the first other
 * character. {@code 1.10} is above {@code 1.9}; a text without any number is {@code 0}.
 */
public record AgentVersion(List<Long> numbers) implements Comparable<AgentVersion> {
    /** Below every other. */
    public static final AgentVersion ANY = new AgentVersion(List.of());

    public AgentVersion {
        numbers = List.copyOf(numbers);
    }

    /** Reads any text. */
    public static AgentVersion of(String text) {
        String plain = text.startsWith("v") ? text.substring(1) : text;
        String dotted = plain.replaceFirst("[^0-9.].*$", "");
        return new AgentVersion(
                Arrays.stream(dotted.split("\\.", -1))
                        .filter(part -> !part.isEmpty())
                        .map(part -> part.length() > 9 ? 999_999_999L : Long.parseLong(part))
                        .toList());
    }

    @Override
    public int compareTo(AgentVersion other) {
        int longest = Math.max(numbers.size(), other.numbers.size());
        for (int i = 0; i < longest; i++) {
            int compared = Long.compare(at(i), other.at(i));
            if (compared != 0) {
                return compared;
            }
        }
        return 0;
    }

    private long at(int index) {
        return index < numbers.size() ? numbers.get(index) : 0;
    }

    @Override
    public String toString() {
        return String.join(".", numbers.stream().map(String::valueOf).toList());
    }
}
