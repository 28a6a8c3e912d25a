package io.viworks.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The model check in its large bounds: {@code ./viw model} (docs/model.md). */
@Tag("model")
class ModelCheckLongTest {
    @ParameterizedTest(name = "{0} commands, {1} attempts, {2} lives, {3} instances")
    @CsvSource({
        "1, 3, 3, 3, false",
        "1, 4, 2, 2, false",
        "1, 3, 2, 2, true",
        "2, 1, 3, 3, false",
        "2, 2, 1, 1, true",
        "2, 2, 2, 1, false"
    })
    void keepsPromise1(int commands, int attempts, int lives, int instances, boolean immediate)
            throws InterruptedException {
        ModelBounds bounds = ModelBounds.of(commands, attempts, lives, instances);
        ModelCheck.Outcome outcome =
                ModelCheckTest.told(immediate ? bounds.forImmediate() : bounds);
        assertThat(outcome.trace()).isEmpty();
    }
}
