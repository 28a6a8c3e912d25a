package io.viworks.agent.run;

import io.viworks.protocol.frame.AgentFrame.FrameError;
import io.viworks.protocol.frame.AgentFrame.ResultStatus;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * How a run ended. Secrets are masked and the outputs cut to {@link
 * io.viworks.protocol.Limits#MAX_OUTPUT_BYTES} as encoded already.
 *
 * @param rc the program's exit code; null when no program ran or it was killed
 * @param data for programs, as the verb's table says (spec 6); null when there is none
 * @param truncated whether an output was cut
 * @param error null exactly when the status is success
 */
public record RunOutcome(
        ResultStatus status,
        @Nullable Integer rc,
        String stdout,
        String stderr,
        @Nullable ObjectNode data,
        boolean truncated,
        Instant startedAt,
        Instant finishedAt,
        @Nullable FrameError error) {}
