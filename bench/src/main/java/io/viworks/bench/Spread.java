package io.viworks.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What several rounds gave: their median, and how far they lie apart. */
public record Spread(double median, double least, double most) {
    /**
     * Of some values.
     *
     * @throws IllegalArgumentException when there are none
     */
    public static Spread of(List<Double> values) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("a spread is of one value at least");
        }
        List<Double> sorted = values.stream().sorted().toList();
        return new Spread(sorted.get(sorted.size() / 2), sorted.getFirst(), sorted.getLast());
    }

    /** Of each round's value divided by what the other gave in the same round. */
    public static Spread ratio(List<Double> values, List<Double> floors) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            ratios.add(values.get(i) / floors.get(i));
        }
        return of(ratios);
    }

    /** Median, and in brackets the least and the most, with so many digits. */
    public String text(int digits) {
        String form = "%." + digits + "f";
        return String.format(
                Locale.ROOT, form + " (" + form + "–" + form + ")", median, least, most);
    }
}
