package io.viworks.bench.soak;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** Commands to one agent after another, at a pace, by REST. Its counts are thread-safe. */
final class Commands implements AutoCloseable {
    /** Answers that are told in words; all are counted. */
    private static final int TOLD = 5;

    private final SoakStack stack;
    private final String prefix;
    private final int agents;
    private final long pauseNanos;
    private final LongAdder accepted = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final Thread sender;
    private volatile boolean ended;

    Commands(SoakStack stack, String prefix, int agents, int perSecond) {
        this.stack = stack;
        this.prefix = prefix;
        this.agents = agents;
        this.pauseNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
        this.sender = Thread.ofPlatform().daemon().name("commands").start(this::run);
    }

    private void run() {
        long due = System.nanoTime();
        try {
            for (int i = 0; !ended; i = (i + 1) % agents) {
                send(prefix + i);
                due += pauseNanos;
                long early = due - System.nanoTime();
                if (early > 0) {
                    TimeUnit.NANOSECONDS.sleep(early);
                } else {
                    due = System.nanoTime(); // what was late is not made up for
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void send(String agent) throws InterruptedException {
        String problem;
        try {
            HttpResponse<String> answer = stack.command(agent);
            if (answer.statusCode() == 202) {
                accepted.increment();
                return;
            }
            problem = answer.statusCode() + " " + answer.body();
        } catch (IOException e) {
            problem = e.toString();
        }
        refused.increment();
        if (refused.sum() <= TOLD) {
            System.err.println("bench: a command for " + agent + ": " + problem);
        }
    }

    long accepted() {
        return accepted.sum();
    }

    long refused() {
        return refused.sum();
    }

    /** Sends no more. */
    @Override
    public void close() throws IOException {
        ended = true;
        try {
            sender.join(TimeUnit.SECONDS.toMillis(60));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
