package io.viworks.results;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.viworks.ledger.CommandState;
import io.viworks.ledger.EndedBy;
import io.viworks.ledger.Moved;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What alerts wait for is counted, from a series that is there before. */
class EndsTest {
    private final MeterRegistry meters = new SimpleMeterRegistry();

    @Test
    void everySeriesIsThereBeforeAnythingHappened() {
        Ends.register(meters);
        assertThat(failed("HelperUnavailable")).isZero();
        assertThat(failed("other")).isZero();
        assertThat(moved(CommandState.OUTCOME_UNKNOWN)).isZero();
    }

    @Test
    void aFailureCountsUnderItsCodeAndAnUnknownCodeAsOther() {
        Ends.register(meters);
        Ends.count(ended(CommandState.FAILED, "HelperUnavailable"), meters);
        Ends.count(ended(CommandState.FAILED, "SomethingAnAgentMadeUp"), meters);
        Ends.count(ended(CommandState.EXPIRED, null), meters);
        Ends.count(ended(CommandState.SUCCEEDED, null), meters);
        assertThat(failed("HelperUnavailable")).isEqualTo(1);
        assertThat(failed("other")).isEqualTo(1);
        assertThat(failed("none")).isEqualTo(1);
        assertThat(moved(CommandState.FAILED)).isEqualTo(2);
        assertThat(moved(CommandState.SUCCEEDED)).isEqualTo(1);
    }

    private static Moved ended(CommandState state, @Nullable String code) {
        return new Moved(
                new CorrelationId(UUID.randomUUID()),
                new AgentId("gateway"),
                "echo",
                state,
                1,
                null,
                EndedBy.RESULT,
                code);
    }

    private double failed(String code) {
        return meters.get("viw.commands.failed").tag("code", code).counter().count();
    }

    private double moved(CommandState state) {
        return meters.get("viw.commands.moved").tag("state", state.name()).counter().count();
    }
}
