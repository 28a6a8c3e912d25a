package io.viworks.agent.host;

/** Percentages as they are told: 0–100 with one decimal. */
final class Percent {
    private Percent() {}

    static double of(long part, long whole) {
        return Math.clamp(Math.round(1000.0 * part / whole) / 10.0, 0.0, 100.0);
    }
}
