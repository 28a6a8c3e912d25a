package io.viworks.agent.run;

import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.Envelope;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Runs verbs with limits: allowlist, schema, time, places, output, the whole process tree (spec 6).
 * Thread-safe. What has been run before is the journal's to know, not this one's.
 */
public interface CommandExecutor extends AutoCloseable {
    /**
     * Whether this command may run here at all, looked at before anything is journalled: {@code
     * VerbNotAllowed}, {@code ValidationFailed} or {@code LocalPolicy}; empty when it may.
     */
    Optional<Refusal> check(Envelope envelope);

    /** A free place to run, or empty: {@code Busy}. */
    Optional<Place> reserve();

    /** Room for one run. Used once, by {@link #start} or by {@link #close}. */
    interface Place extends AutoCloseable {
        /**
         * Starts the run and returns; the place is free again before {@code finished} is told.
         *
         * @param output told of live output, from any thread, possibly never
         * @param finished told exactly once, from any thread, also when nothing could be started
         */
        void start(Warrant warrant, Consumer<Output> output, Consumer<RunOutcome> finished);

        /** Gives an unused place back; does nothing once started. */
        @Override
        void close();
    }

    /**
     * Kills the run's whole process tree, and returns at once; its outcome is {@code Cancelled}
     * unless it was ending already, by itself or by its time.
     *
     * @return false when it does not run
     */
    boolean cancel(CorrelationId id);

    /**
     * Kills what an earlier life of this agent left of this run, found by {@code
     * VIW_CORRELATION_ID} in the environment of processes. Returns once it is gone.
     */
    void killLeftovers(CorrelationId id);

    /** The verbs this agent runs, for HELLO's {@code supported_verbs}. */
    List<String> verbs();

    /**
     * Kills every run there is, and waits for them to be told; their outcomes are {@code
     * Interrupted}. Nothing starts afterwards.
     */
    @Override
    void close();
}
