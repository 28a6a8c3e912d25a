package io.viworks.patience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** That the patience of a slow machine's tests is found and used without being asked for. */
class PatienceTest {
    @Test
    void everyWaitOfATestIsPatientWithoutAskingForIt() {
        AtomicLong left = new AtomicLong();

        await().conditionEvaluationListener(look -> left.set(look.getRemainingTimeInMS()))
                .until(() -> true);

        assertThat(left.get())
                .isBetween(Patience.LONGEST.toMillis() / 2, Patience.LONGEST.toMillis());
    }
}
