package io.viworks.bench.soak;

import java.util.List;

/**
 * The straight line (least squares) through what a figure was each minute, first and last of the
 * looks that count.
 */
record Trend(double from, double to) {
    /** What a figure may drift over the run and still be flat, of its level. */
    static final double TOLERANCE = 0.10;

    /**
     * Of at least two values, evenly apart.
     *
     * @throws IllegalArgumentException of fewer
     */
    static Trend of(List<Double> values) {
        int count = values.size();
        if (count < 2) {
            throw new IllegalArgumentException("a trend is of two values at least");
        }
        double middle = (count - 1) / 2.0;
        double mean = values.stream().mapToDouble(Double::doubleValue).average().orElse(0);
        double above = 0;
        double below = 0;
        for (int i = 0; i < count; i++) {
            above += (i - middle) * (values.get(i) - mean);
            below += (i - middle) * (i - middle);
        }
        double slope = above / below;
        return new Trend(mean - slope * middle, mean + slope * middle);
    }

    /**
     * Whether it did not grow by more than {@link #TOLERANCE}, or not by more than this.
     *
     * @param grain of the figure, below which nothing is said of it
     */
    boolean isFlat(double grain) {
        return to - from <= Math.max(grain, TOLERANCE * from);
    }
}
