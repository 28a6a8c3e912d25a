package io.viworks.agent.connection;

import io.viworks.agent.run.CommandExecutor;
import io.viworks.agent.run.Output;
import io.viworks.agent.run.Refusal;
import io.viworks.agent.run.RunOutcome;
import io.viworks.agent.run.Warrant;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.AgentFrame.FrameError;
import io.viworks.protocol.frame.AgentFrame.OutputStreamName;
import io.viworks.protocol.frame.AgentFrame.ResultStatus;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.frame.ErrorCodes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs that end when a test says so. The verb {@code echo} ends at once with its message, {@code
 * wait} waits, {@code forbidden} is refused.
 */
final class GatedExecutor implements CommandExecutor {
    private final Semaphore places = new Semaphore(2);
    private final List<CorrelationId> started = new ArrayList<>();
    private final List<CorrelationId> leftovers = new ArrayList<>();
    private final Map<CorrelationId, Consumer<RunOutcome>> waiting = new ConcurrentHashMap<>();
    private final Map<CorrelationId, Consumer<Output>> outputs = new ConcurrentHashMap<>();

    /** Every run that ever began, in order. */
    synchronized List<CorrelationId> started() {
        return List.copyOf(started);
    }

    /** What an earlier life's runs were cleaned up for. */
    synchronized List<CorrelationId> leftovers() {
        return List.copyOf(leftovers);
    }

    void say(CorrelationId id, String text) {
        outputs.getOrDefault(id, _ -> {}).accept(new Output(OutputStreamName.STDOUT, text));
    }

    void finish(CorrelationId id, String stdout) {
        end(id, outcome(ResultStatus.SUCCESS, stdout, null));
    }

    @Override
    public Optional<Refusal> check(Envelope envelope) {
        return envelope.verb().equals("forbidden")
                ? Optional.of(new Refusal(ErrorCodes.VERB_NOT_ALLOWED, "not here"))
                : Optional.empty();
    }

    @Override
    public Optional<Place> reserve() {
        return places.tryAcquire() ? Optional.of(new OnePlace()) : Optional.empty();
    }

    @Override
    public boolean cancel(CorrelationId id) {
        return end(id, failed(ErrorCodes.CANCELLED));
    }

    @Override
    public synchronized void killLeftovers(CorrelationId id) {
        leftovers.add(id);
    }

    @Override
    public List<String> verbs() {
        return List.of("echo", "wait");
    }

    @Override
    public void close() {
        waiting.keySet().forEach(id -> end(id, failed(ErrorCodes.INTERRUPTED)));
    }

    private boolean end(CorrelationId id, RunOutcome outcome) {
        Consumer<RunOutcome> finished = waiting.remove(id);
        if (finished == null) {
            return false;
        }
        places.release();
        finished.accept(outcome);
        return true;
    }

    private static RunOutcome failed(String code) {
        return outcome(ResultStatus.ERROR, "", new FrameError(code, "as asked"));
    }

    private static RunOutcome outcome(
            ResultStatus status, String stdout, @Nullable FrameError error) {
        Instant now = Instant.now();
        return new RunOutcome(status, 0, stdout, "", null, false, now, now, error);
    }

    private final class OnePlace implements Place {
        private boolean used;

        @Override
        public void start(Warrant warrant, Consumer<Output> output, Consumer<RunOutcome> finished) {
            Envelope envelope = warrant.envelope();
            CorrelationId id = envelope.correlationId();
            used = true;
            outputs.put(id, output);
            waiting.put(id, finished);
            synchronized (GatedExecutor.this) {
                started.add(id);
            }
            if (envelope.verb().equals("echo")) {
                finish(id, envelope.args().path("message").asString(""));
            }
        }

        @Override
        public void close() {
            if (!used) {
                used = true;
                places.release();
            }
        }
    }
}
