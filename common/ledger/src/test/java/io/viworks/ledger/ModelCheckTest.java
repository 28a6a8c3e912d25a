package io.viworks.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.ledger.ModelCommand.Fault;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The model check of a command's life (docs/model.md), in bounds that fit an ordinary test run, and
 * the proof that it would notice: each rule that is switched off leads to a trace.
 */
class ModelCheckTest {
    @Test
    void keepsPromise1ForACommandClaimedThreeTimes() throws InterruptedException {
        ModelCheck.Outcome outcome = told(ModelBounds.of(1, 3, 2, 2));
        assertThat(outcome.trace()).isEmpty();
        assertThat(outcome.states()).isGreaterThan(1_000_000);
    }

    @Test
    void keepsPromise1ForTwoCommandsOfOneAgent() throws InterruptedException {
        assertThat(told(ModelBounds.of(2, 1, 2, 2)).trace()).isEmpty();
    }

    @Test
    void keepsPromise1ForACommandThatIsNowOrNever() throws InterruptedException {
        assertThat(told(ModelBounds.of(1, 2, 2, 2).forImmediate()).trace()).isEmpty();
    }

    /** Nothing is left out of a state when a rule is missing, and here none is missed. */
    @Test
    void findsTheSameWhenItLeavesNothingOutOfAState() throws InterruptedException {
        ModelBounds bounds = ModelBounds.of(1, 2, 2, 1).without(ModelRule.SAME_JOURNAL);
        ModelCheck.Outcome all = told(bounds);
        assertThat(all.trace()).isEmpty();
        assertThat(all.states()).isGreaterThan(told(ModelBounds.of(1, 2, 2, 1)).states());
    }

    @ParameterizedTest
    @CsvSource({
        "INSTANCE, 2, RAN_AFTER_DENIAL",
        "LIFE, 1, DENIED_AFTER_RUN",
        "DECIDED_ONCE, 1, RAN_AFTER_DENIAL",
        "DROPPED_WHEN_FORGOTTEN, 1, RAN_AFTER_DENIAL",
        "RELEASED_IN_ORDER, 1, RAN_AFTER_DENIAL",
        "OUT_IS_NOT_ENDED, 1, RAN_AFTER_DENIAL",
        "SAME_JOURNAL, 2, DENIED_AFTER_RUN",
        "TAKEN_BACK_FOR_CERTAIN, 1, RAN_AFTER_DENIAL",
        "ACCEPTED_ON_DISK, 1, FALSE_UNKNOWN",
        "STARTED_ON_DISK, 1, DENIED_AFTER_RUN",
        "JOURNAL_FIRST, 1, RAN_AFTER_DENIAL",
        "REFUSAL_ON_DISK, 1, RAN_AFTER_DENIAL",
        "ASKED_AT_DEADLINE, 1, NEVER_ENDS"
    })
    void noticesThatARuleIsMissing(ModelRule rule, int instances, Fault what)
            throws InterruptedException {
        ModelCheck.Outcome outcome = told(ModelBounds.of(1, 2, 2, instances).without(rule));
        assertThat(outcome.trace()).isNotEmpty().noneMatch(step -> step.equals("?"));
        assertThat(outcome.trace().getLast()).startsWith("→ " + what.words());
    }

    @ParameterizedTest
    @EnumSource
    void hasATestForEveryRule(ModelRule rule) throws NoSuchMethodException {
        CsvSource rules =
                ModelCheckTest.class
                        .getDeclaredMethod(
                                "noticesThatARuleIsMissing",
                                ModelRule.class,
                                int.class,
                                Fault.class)
                        .getAnnotation(CsvSource.class);
        assertThat(rules.value()).anyMatch(line -> line.startsWith(rule.name() + ","));
    }

    static ModelCheck.Outcome told(ModelBounds bounds) throws InterruptedException {
        ModelCheck.Outcome outcome = ModelCheck.of(bounds);
        System.out.println(outcome);
        return outcome;
    }
}
