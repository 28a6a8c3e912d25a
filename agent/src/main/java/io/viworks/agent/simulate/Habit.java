package io.viworks.agent.simulate;

import io.viworks.agent.connection.Fleet;

/** How an agent may misbehave. */
enum Habit {
    /** Reads one frame in 10 s. */
    SLOW_READER("--slow-readers"),
    /** Falls silent once it is welcome, its socket still open. */
    HALF_OPEN("--half-open"),
    /** Comes with the id of the agent before it. */
    CLONE("--clones"),
    /** Leaves and comes back every few seconds. */
    FLAPPING("--flapping"),
    /** Its clock is ten minutes ahead. */
    WRONG_CLOCK("--wrong-clock"),
    /** Sends telemetry as fast as it can. */
    FLOOD("--floods");

    private final String option;

    Habit(String option) {
        this.option = option;
    }

    /** The habit that an option asks for. */
    static Habit of(String option) throws Options.Wrong {
        for (Habit habit : values()) {
            if (habit.option.equals(option)) {
                return habit;
            }
        }
        throw new Options.Wrong("there is no option " + option);
    }

    /** What of it is in how the agent is connected. */
    Fleet.Fault fault() {
        return switch (this) {
            case SLOW_READER -> Fleet.Fault.SLOW_READER;
            case HALF_OPEN -> Fleet.Fault.HALF_OPEN;
            case WRONG_CLOCK -> Fleet.Fault.WRONG_CLOCK;
            case CLONE, FLAPPING, FLOOD -> Fleet.Fault.NONE;
        };
    }
}
