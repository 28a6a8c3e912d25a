package io.viworks.agent.run;

import io.viworks.agent.process.ProgramEnd;
import io.viworks.agent.process.Secrets;
import io.viworks.protocol.Limits;
import io.viworks.protocol.frame.AgentFrame.FrameError;
import io.viworks.protocol.frame.AgentFrame.ResultStatus;
import io.viworks.protocol.frame.EncodedText;
import io.viworks.protocol.frame.ErrorCodes;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * One run: a thread that does it, another that watches its time. Whoever ends it, its time, a
 * cancellation or the agent's closing, says why and interrupts it, and the first reason stays.
 * Thread-safe.
 */
final class Run {
    /** Why a run is ended before it is done. */
    enum Stop {
        TIMED_OUT(ErrorCodes.EXEC_TIMEOUT),
        CANCELLED(ErrorCodes.CANCELLED),
        CLOSED(ErrorCodes.INTERRUPTED);

        private final String code;

        Stop(String code) {
            this.code = code;
        }
    }

    private final Task task;
    private final Action action;
    private final RunLog log;
    private final InstantSource clock;
    private final Consumer<RunOutcome> finished;
    private final Thread worker;
    private final CountDownLatch told = new CountDownLatch(1);
    private @Nullable Stop stop;
    private boolean done;

    /**
     * A run that has not begun.
     *
     * @param finished told once, on the run's own thread, which nothing interrupts any more
     */
    Run(Task task, Action action, RunLog log, InstantSource clock, Consumer<RunOutcome> finished) {
        this.task = task;
        this.action = action;
        this.log = log;
        this.clock = clock;
        this.finished = finished;
        this.worker = Thread.ofVirtual().name("run-" + task.id()).unstarted(this::work);
    }

    void start() {
        worker.start();
        Thread.ofVirtual().name("time-" + task.id()).start(this::watch);
    }

    /**
     * Ends it, unless it has ended.
     *
     * @return false when it has; true also when something else ends it already
     */
    synchronized boolean stop(Stop reason) {
        if (done) {
            return false;
        }
        if (stop == null) {
            stop = reason;
            worker.interrupt();
        }
        return true;
    }

    /** Waits until its end has been told, but not longer than this. */
    void awaitEnd(Duration patience) {
        try {
            boolean _ = told.await(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void watch() {
        try {
            if (!worker.join(task.timeout())) {
                stop(Stop.TIMED_OUT);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // nobody does that
        }
    }

    private void work() {
        Instant startedAt = clock.instant();
        Ending ending = masked(end());
        synchronized (this) {
            done = true;
            // who is told of the end writes files, and an interrupt would close them
            Thread.interrupted();
        }
        try {
            finished.accept(ending.outcome(startedAt, clock.instant()));
        } finally {
            told.countDown();
        }
    }

    private Ending end() {
        if (reason() != null) {
            return stopped("", "", false, 0); // before it began
        }
        try {
            log.begun(task.id(), task.verb());
            return exited(action.run(task));
        } catch (InterruptedException _) {
            return stopped("", "", false, 0);
        } catch (Stopped e) {
            ProgramEnd end = e.end();
            return stopped(end.stdout(), end.stderr(), end.truncated(), end.left());
        } catch (Failed e) {
            return failed(e);
        } catch (IOException e) {
            return reason() == null
                    ? failed(String.valueOf(e.getMessage()))
                    : stopped("", "", false, 0);
        } catch (Throwable t) { // its end must be told whatever happened
            return failed("the agent failed with " + t.getClass().getSimpleName());
        }
    }

    /** Whatever its end: nothing is told of it before its secrets are taken out. */
    private Ending masked(Ending end) {
        Secrets secrets = task.secrets();
        ObjectNode data = end.data();
        FrameError error = end.error();
        return new Ending(
                end.rc(),
                secrets.masked(end.stdout()),
                secrets.masked(end.stderr()),
                data == null ? null : secrets.masked(data),
                end.truncated(),
                error == null ? null : new FrameError(error.code(), secrets.masked(error.msg())));
    }

    private Ending exited(Answer answer) {
        Integer rc = answer.rc();
        FrameError error =
                rc == null || rc == 0
                        ? null
                        : new FrameError(
                                ErrorCodes.EXEC_FAILED, "the program ended with " + shown(rc));
        return new Ending(
                rc, answer.stdout(), answer.stderr(), answer.data(), answer.truncated(), error);
    }

    /** Its own code, or why it was stopped and then what it could not say of that. */
    private Ending failed(Failed e) {
        Answer said = e.answer();
        String message = e.error().msg();
        if (reason() != null) {
            Ending end = stopped(said.stdout(), said.stderr(), said.truncated(), 0);
            FrameError why = end.error();
            return why == null ? end : end.because(why.code(), why.msg() + "; " + message);
        }
        return new Ending(
                said.rc(),
                said.stdout(),
                said.stderr(),
                said.data(),
                said.truncated(),
                new FrameError(e.error().code(), message));
    }

    /** Codes above 128 are of programs that a signal ended, or of shells whose program one did. */
    private static String shown(int rc) {
        return rc > 128 && rc <= 128 + 64 ? rc + " (signal " + (rc - 128) + ")" : "" + rc;
    }

    private Ending failed(String message) {
        return new Ending(
                null, "", "", null, false, new FrameError(ErrorCodes.EXEC_FAILED, message));
    }

    private Ending stopped(String stdout, String stderr, boolean truncated, int left) {
        Stop reason = reason();
        Stop why = reason == null ? Stop.TIMED_OUT : reason;
        String words =
                switch (why) {
                    case TIMED_OUT -> "it ran longer than " + task.timeout().toSeconds() + " s";
                    case CANCELLED -> "it was cancelled while it ran";
                    case CLOSED -> "the agent ended while it ran";
                };
        String rest = left == 0 ? "" : "; " + left + " of its processes could not be killed";
        return new Ending(
                null, stdout, stderr, null, truncated, new FrameError(why.code, words + rest));
    }

    private synchronized @Nullable Stop reason() {
        return stop;
    }

    /** An end, its outputs not yet cut. */
    private record Ending(
            @Nullable Integer rc,
            String stdout,
            String stderr,
            @Nullable ObjectNode data,
            boolean truncated,
            @Nullable FrameError error) {
        Ending because(String code, String message) {
            return new Ending(rc, stdout, stderr, data, truncated, new FrameError(code, message));
        }

        RunOutcome outcome(Instant startedAt, Instant now) {
            String out = EncodedText.cut(stdout, Limits.MAX_OUTPUT_BYTES);
            String err = EncodedText.cut(stderr, Limits.MAX_OUTPUT_BYTES);
            boolean cut = out.length() < stdout.length() || err.length() < stderr.length();
            return new RunOutcome(
                    error == null ? ResultStatus.SUCCESS : ResultStatus.ERROR,
                    rc,
                    out,
                    err,
                    data,
                    truncated || cut,
                    startedAt,
                    now.isBefore(startedAt) ? startedAt : now, // the clock may be set back
                    error);
        }
    }
}
