package io.viworks.agent.helper.server;

import io.viworks.agent.helper.BadRequest;
import io.viworks.agent.helper.HelperCodes;
import io.viworks.agent.helper.HelperReply;
import io.viworks.agent.helper.HelperReply.Ended;
import io.viworks.agent.helper.HelperReply.Piece;
import io.viworks.agent.helper.HelperReply.Refused;
import io.viworks.agent.helper.HelperRequest;
import io.viworks.agent.helper.HelperWire;
import io.viworks.agent.helper.LineReader;
import io.viworks.agent.process.ProcessRunner;
import io.viworks.agent.process.ProgramEnd;
import io.viworks.protocol.frame.ErrorCodes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection: a request, its run, its answer. Whoever asked keeps its side open until the
 * answer; when that side ends, or says more, the run is killed. Runs on a thread of its own.
 */
final class Conversation implements Runnable {
    /** Longest time from connecting to the end of the request's line. */
    static final Duration READ_DEADLINE = Duration.ofSeconds(5);

    /** Longest time for the answer to be taken. */
    static final Duration WRITE_DEADLINE = Duration.ofSeconds(10);

    /** How long a refused side may go on talking. */
    private static final Duration LINGER = Duration.ofSeconds(1);

    /** What all conversations share. */
    record Shared(
            HelperConfig config,
            Gate gate,
            Memory memory,
            Audit audit,
            ProcessRunner runner,
            Semaphore places,
            ScheduledExecutorService clock) {}

    private enum Stop {
        HUNG_UP,
        CLOSING
    }

    private final SocketChannel channel;
    private final Shared shared;
    private final Object writing = new Object();
    private @Nullable Stop stop;
    private @Nullable Thread running;
    private boolean wholeLine;

    Conversation(SocketChannel channel, Shared shared) {
        this.channel = channel;
        this.shared = shared;
    }

    @Override
    public void run() {
        try (channel) {
            HelperReply last = answer();
            ScheduledFuture<?> deadline = closeAfter(WRITE_DEADLINE);
            say(last);
            deadline.cancel(false);
            if (!wholeLine) {
                linger();
            }
        } catch (IOException _) {
            // whoever asked is gone, and so is what would have been said
        }
    }

    /** Ends what runs, because the helper ends. */
    void close() {
        stop(Stop.CLOSING);
    }

    private HelperReply answer() throws IOException {
        Peer peer = null;
        HelperRequest request = null;
        try {
            peer = Peer.of(channel);
            peer.mustBeOneOf(shared.config.allowedUsers(), shared.config.allowedGroups());
            request = shared.gate.request(line());
            return begin(request, peer);
        } catch (BadRequest e) {
            shared.audit.refused(request, peer, e);
            return new Refused(e.code(), e.message());
        }
    }

    private byte[] line() throws IOException, BadRequest {
        LineReader lines = new LineReader(channel, HelperWire.MAX_LINE_BYTES);
        ScheduledFuture<?> deadline = closeAfter(READ_DEADLINE);
        byte[] line;
        try {
            line = lines.next();
        } catch (LineReader.TooLong e) {
            throw new BadRequest(HelperCodes.BAD_REQUEST, String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw new BadRequest(
                    HelperCodes.BAD_REQUEST,
                    "a request must be whole within " + READ_DEADLINE.toSeconds() + " s");
        }
        if (!deadline.cancel(false)) {
            throw new BadRequest(HelperCodes.BAD_REQUEST, "a request must be whole in time");
        }
        if (line == null) {
            throw new BadRequest(
                    HelperCodes.BAD_REQUEST, "a request must be a whole line, with its end");
        }
        if (lines.hasMore()) {
            throw new BadRequest(HelperCodes.BAD_REQUEST, "nothing may follow the request's line");
        }
        wholeLine = true;
        return line;
    }

    /** Closing on what was not read would have the kernel throw away what was just said. */
    private void linger() throws IOException {
        channel.shutdownOutput();
        ScheduledFuture<?> deadline = closeAfter(LINGER);
        ByteBuffer rest = ByteBuffer.allocate(8 * 1024);
        while (channel.read(rest.clear()) >= 0) {
            // nobody looks at it
        }
        deadline.cancel(false);
    }

    private HelperReply begin(HelperRequest request, Peer peer) throws IOException, BadRequest {
        if (!shared.places.tryAcquire()) {
            shared.gate.refused(request);
            throw new BadRequest(
                    ErrorCodes.BUSY, "all places of the helper are taken: max_concurrency");
        }
        try {
            if (hasHungUp()) {
                shared.gate.refused(request);
                throw new BadRequest(
                        ErrorCodes.CANCELLED, "whoever asked must wait for the answer");
            }
            if (reason() == Stop.CLOSING) {
                shared.gate.refused(request);
                throw new BadRequest(HelperCodes.NOT_READY, "the helper is ending");
            }
            String digest = shared.gate.digest(request);
            Gate.Permit permit = shared.gate.permit(request);
            Ended end = ended(permit);
            shared.audit.ran(permit, digest, peer, end);
            written(permit);
            return end;
        } finally {
            shared.places.release();
        }
    }

    /** Killing and telling are done by now: a disk that takes nothing is not the run's matter. */
    private void written(Gate.Permit permit) {
        try {
            shared.memory.end(permit.request().correlationId());
        } catch (IOException e) {
            shared.audit.say(
                    "ERROR",
                    "helper_disk",
                    "the end of a run cannot be written down; a restart will call it interrupted");
        }
    }

    private Ended ended(Gate.Permit permit) {
        long start = System.nanoTime();
        start();
        try {
            ProgramEnd end =
                    shared.runner.run(
                            permit.program(),
                            permit.secrets(),
                            (stream, text) -> {
                                if (permit.request().progress()) {
                                    sayLive(new Piece(stream, text));
                                }
                            });
            return ended(end, permit, start);
        } catch (IOException e) {
            String message = permit.secrets().masked(String.valueOf(e.getMessage()));
            return ended(
                    null, "", "", false, 0, start, new Refused(ErrorCodes.EXEC_FAILED, message));
        } finally {
            finish();
        }
    }

    private synchronized void start() {
        running = Thread.currentThread();
        if (stop != null) {
            Thread.currentThread().interrupt();
        }
        Thread.ofVirtual().name("hang-up").start(this::watch);
    }

    /** Nothing interrupts it any more: what follows writes files, and to the channel. */
    private synchronized void finish() {
        running = null;
        Thread.interrupted();
    }

    private Ended ended(ProgramEnd end, Gate.Permit permit, long start) {
        Refused why =
                switch (end.cause()) {
                    case EXITED -> null;
                    case TIMED_OUT ->
                            new Refused(
                                    ErrorCodes.EXEC_TIMEOUT,
                                    "it ran longer than %d s"
                                            .formatted(permit.program().timeout().toSeconds()));
                    case INTERRUPTED ->
                            reason() == Stop.CLOSING
                                    ? new Refused(
                                            ErrorCodes.INTERRUPTED, "the helper ended while it ran")
                                    : new Refused(
                                            ErrorCodes.CANCELLED, "whoever asked did not wait");
                };
        return ended(
                why == null ? end.rc() : null,
                end.stdout(),
                end.stderr(),
                end.truncated(),
                end.left(),
                start,
                why);
    }

    private static Ended ended(
            @Nullable Integer rc,
            String stdout,
            String stderr,
            boolean truncated,
            int left,
            long start,
            @Nullable Refused why) {
        return new Ended(
                rc,
                stdout,
                stderr,
                truncated,
                left,
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start),
                HelperWire.digest(stdout),
                HelperWire.digest(stderr),
                why);
    }

    /** Looks without waiting: the other side may have given up while its request lay there. */
    private boolean hasHungUp() throws IOException {
        channel.configureBlocking(false);
        try {
            return channel.read(ByteBuffer.allocate(1)) != 0;
        } catch (IOException _) {
            return true;
        } finally {
            channel.configureBlocking(true);
        }
    }

    private void watch() {
        try {
            int _ = channel.read(ByteBuffer.allocate(1));
        } catch (IOException _) {
            // gone as well
        }
        stop(Stop.HUNG_UP);
    }

    private synchronized void stop(Stop reason) {
        if (stop == null) {
            stop = reason;
        }
        if (running != null) {
            running.interrupt();
        }
    }

    private synchronized @Nullable Stop reason() {
        return stop;
    }

    private void sayLive(Piece piece) {
        try {
            say(piece);
        } catch (IOException _) {
            stop(Stop.HUNG_UP);
        }
    }

    private void say(HelperReply reply) throws IOException {
        synchronized (writing) {
            ByteBuffer line = ByteBuffer.wrap(reply.line());
            while (line.hasRemaining()) {
                int _ = channel.write(line);
            }
        }
    }

    private ScheduledFuture<?> closeAfter(Duration time) {
        return shared.clock.schedule(this::cut, time.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void cut() {
        try {
            channel.close();
        } catch (IOException _) {
            // it is closed
        }
    }
}
