package io.viworks.bridge.session;

import io.viworks.backplane.delivery.Delivered;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A command on its way to the socket.
 *
 * @param timeout how long it may take, so how long it counts
 * @param frame what the agent is sent
 * @param step the traceparent of the step that sends it; null when nothing is taken down
 * @param decide asks the deliver script, with whether there is room
 */
public record Delivery(
        CorrelationId command,
        Duration timeout,
        Bytes frame,
        @Nullable String step,
        Function<Boolean, CompletionStage<Delivered>> decide) {}
