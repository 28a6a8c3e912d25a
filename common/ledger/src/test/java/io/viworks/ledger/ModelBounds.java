package io.viworks.ledger;

import java.util.Set;

/**
 * How much of the world the model looks at. Everything not named here is unbounded: sessions and
 * their ends, crashes of the agent, of bridges and of writers, records read again, delays.
 *
 * @param commands for the one agent: 1 or 2
 * @param attempts each may be claimed so often, at most 4
 * @param lives memories Redis has, one more than it is flushed, at most 3
 * @param instances journals the agent has, one more than it is installed anew, at most 3
 * @param immediate whether the commands are of {@code delivery: IMMEDIATE}
 * @param without rules that are switched off
 */
record ModelBounds(
        int commands,
        int attempts,
        int lives,
        int instances,
        boolean immediate,
        Set<ModelRule> without) {
    ModelBounds {
        if (commands < 1 || commands > 2 || attempts < 1 || attempts > 4) {
            throw new IllegalArgumentException("1 or 2 commands of 1 to 4 attempts");
        }
        if (lives < 1 || lives > 3 || instances < 1 || instances > 3) {
            throw new IllegalArgumentException("1 to 3 lives and 1 to 3 instances");
        }
    }

    static ModelBounds of(int commands, int attempts, int lives, int instances) {
        return new ModelBounds(commands, attempts, lives, instances, false, Set.of());
    }

    ModelBounds forImmediate() {
        return new ModelBounds(commands, attempts, lives, instances, true, without);
    }

    ModelBounds without(ModelRule rule) {
        return new ModelBounds(commands, attempts, lives, instances, immediate, Set.of(rule));
    }

    boolean holds(ModelRule rule) {
        return !without.contains(rule);
    }
}
