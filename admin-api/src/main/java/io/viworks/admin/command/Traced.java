package io.viworks.admin.command;

import io.viworks.admin.problem.Refusal;
import io.viworks.protocol.Traceparent;
import io.viworks.service.trace.Step;
import io.viworks.service.trace.Tracing;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Takes down the requests that make commands, each as the step its commands are caused by. */
@Component
final class Traced {
    private final Tracing tracing;

    Traced(Tracing tracing) {
        this.tracing = tracing;
    }

    /**
     * Does the work within a step.
     *
     * @param header what the caller sent as {@code traceparent}; what is malformed is ignored
     * @param work is given what commands are to carry on, if anything
     */
    <T> T request(String name, @Nullable String header, Function<Optional<String>, T> work) {
        Step step =
                tracing.begin(
                        Tracing.Kind.SERVER,
                        name,
                        Traceparent.read(header).map(Traceparent::text).orElse(null));
        try {
            return work.apply(Optional.ofNullable(step.traceparent()));
        } catch (Refusal refusal) {
            step.note("viw.refused", refusal.code().wire());
            throw refusal;
        } catch (RuntimeException | Error failure) {
            step.failed(failure.getClass().getSimpleName());
            throw failure;
        } finally {
            step.end();
        }
    }
}
