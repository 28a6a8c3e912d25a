package io.viworks.bridge.session;

import io.viworks.backplane.delivery.Delivered;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * A command on its way to the socket.
 *
 * @param timeout how long it may take, so how long it counts
 * @param frame what the agent is sent
 * @param decide asks the deliver script, with whether there is room
 */
public record Delivery(
        CorrelationId command,
        Duration timeout,
        Bytes frame,
        Function<Boolean, CompletionStage<Delivered>> decide) {}
