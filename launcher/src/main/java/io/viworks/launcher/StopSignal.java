package io.viworks.launcher;

import java.util.concurrent.CountDownLatch;

/**
 * Ctrl-C or SIGTERM, as an interrupt of the thread that works: the end of the process waits until
 * that thread has cleaned up and closed this.
 */
final class StopSignal implements AutoCloseable {
    private final CountDownLatch done = new CountDownLatch(1);
    private final Thread working;
    private final Thread hook;
    private boolean came;
    private boolean shielded;

    private StopSignal(Thread working) {
        this.working = working;
        this.hook = new Thread(this::arrive, "stop-signal");
    }

    static StopSignal interrupting(Thread working) {
        StopSignal signal = new StopSignal(working);
        Runtime.getRuntime().addShutdownHook(signal.hook);
        return signal;
    }

    private void arrive() {
        synchronized (this) {
            came = true;
            if (!shielded) {
                working.interrupt();
            }
        }
        try {
            done.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    synchronized boolean came() {
        return came;
    }

    /** Runs the clean-up: a signal from now on, or one that came, does not hurry it. */
    void shieldedFrom(Runnable cleanUp) {
        synchronized (this) {
            shielded = true;
            Thread.interrupted();
        }
        cleanUp.run();
    }

    /** Lets the process end. */
    @Override
    public void close() {
        done.countDown();
        synchronized (this) {
            if (came) {
                return;
            }
        }
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // It is ending already; the hook has nothing to wait for.
        }
    }
}
