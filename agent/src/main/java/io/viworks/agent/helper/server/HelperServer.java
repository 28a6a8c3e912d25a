package io.viworks.agent.helper.server;

import io.viworks.agent.helper.HelperReply.Refused;
import io.viworks.agent.process.ProcessRunner;
import io.viworks.protocol.frame.ErrorCodes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Takes connections and gives each a conversation of its own. Thread-safe. */
final class HelperServer {
    /** Most connections at a time; more are told so and closed. */
    static final int MAX_CONNECTIONS = 64;

    /** How long closing waits for runs to be killed and told. */
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(12);

    /** Pause after an accept that failed: descriptors may come back. */
    private static final Duration PAUSE = Duration.ofMillis(200);

    private final Conversation.Shared shared;
    private final ScheduledThreadPoolExecutor clock;
    private final Set<Conversation> conversations = ConcurrentHashMap.newKeySet();
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    HelperServer(HelperConfig config, Gate gate, Memory memory, Audit audit, ProcessRunner runner) {
        this.clock =
                new ScheduledThreadPoolExecutor(
                        1, Thread.ofPlatform().daemon().name("deadlines").factory());
        this.clock.setRemoveOnCancelPolicy(true);
        this.shared =
                new Conversation.Shared(
                        config,
                        gate,
                        memory,
                        audit,
                        runner,
                        new Semaphore(config.maxConcurrency()),
                        clock);
    }

    /**
     * Ends what an earlier life began and did not see the end of; before anything is served.
     *
     * @throws IOException when that cannot be written down
     */
    void recover() throws IOException {
        for (Memory.Begun run : shared.memory().open()) {
            int left = shared.runner().endAll(run.id());
            shared.audit().interrupted(run, left);
            shared.memory().end(run.id());
        }
    }

    /**
     * Serves until it is closed, or nobody has asked for so long.
     *
     * @param idle zero for never. What connects meanwhile stays with whoever holds the socket
     */
    void serve(ServerSocketChannel channel, Duration idle) throws IOException {
        channel.configureBlocking(false);
        try (Selector selector = Selector.open()) {
            channel.register(selector, SelectionKey.OP_ACCEPT);
            long since = System.nanoTime();
            while (!closed) {
                selector.select(key -> take((ServerSocketChannel) key.channel()), wait(idle));
                if (!conversations.isEmpty()) {
                    since = System.nanoTime();
                } else if (idle.isPositive() && System.nanoTime() - since > idle.toNanos()) {
                    return;
                }
            }
        }
    }

    /** Kills what runs, tells so, and waits for it. */
    void close() {
        closed = true;
        conversations.forEach(Conversation::close);
        long deadline = System.nanoTime() + CLOSE_PATIENCE.toNanos();
        try {
            for (Thread thread : Set.copyOf(threads)) {
                long left = Math.max(1, deadline - System.nanoTime());
                boolean _ = thread.join(Duration.ofNanos(left));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        clock.shutdownNow();
    }

    private static long wait(Duration idle) {
        return idle.isPositive() ? Math.clamp(idle.toMillis() / 4, 50, 5_000) : 5_000;
    }

    private void take(ServerSocketChannel channel) {
        try {
            SocketChannel accepted = channel.accept();
            if (accepted != null) {
                accepted.configureBlocking(true);
                talk(accepted);
            }
        } catch (IOException e) {
            shared.audit().say("ERROR", "helper_accept", "a connection cannot be taken: " + e);
            pause();
        }
    }

    private void talk(SocketChannel accepted) throws IOException {
        if (conversations.size() >= MAX_CONNECTIONS) {
            try (accepted) {
                Refused full = new Refused(ErrorCodes.BUSY, "too many connections at a time");
                int _ = accepted.write(ByteBuffer.wrap(full.line()));
            }
            return;
        }
        Conversation conversation = new Conversation(accepted, shared);
        conversations.add(conversation);
        Thread thread =
                Thread.ofVirtual()
                        .name("conversation")
                        .unstarted(() -> {
                            try {
                                conversation.run();
                            } finally {
                                conversations.remove(conversation);
                                threads.remove(Thread.currentThread());
                            }
                        });
        threads.add(thread);
        thread.start();
        if (closed) {
            conversation.close(); // closing may have looked before this one was there
        }
    }

    private static void pause() {
        try {
            TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
