package io.viworks.agent.helper.client;

import io.viworks.agent.helper.HelperReply;
import io.viworks.agent.helper.HelperReply.Piece;
import io.viworks.agent.helper.HelperWire;
import io.viworks.agent.helper.LineReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way and one answer on its way back. A thread of its own reads and writes: an
 * interrupt of whoever waits would close the channel, and half a word would be lost.
 */
final class Exchange implements AutoCloseable {
    private final Path socket;
    private final ByteBuffer line;
    private final Consumer<Piece> live;
    private final SocketChannel channel;
    private final CountDownLatch handedOver = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);

    /** The helper has the whole line, so it may have run it. */
    private volatile boolean sent;

    private volatile @Nullable HelperReply reply;
    private volatile String problem = "it did not take the request in time";

    Exchange(Path socket, byte[] line, Consumer<Piece> live) throws IOException {
        this.socket = socket;
        this.line = ByteBuffer.wrap(line);
        this.live = live;
        this.channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    }

    void start() {
        Thread.ofPlatform().daemon().name("helper-", 0).start(this::run);
    }

    /** Waits until the request is handed over; when that takes too long, it is not any more. */
    void awaitSent(Duration patience) throws InterruptedException {
        if (!handedOver.await(patience.toNanos(), TimeUnit.NANOSECONDS)) {
            close();
        }
    }

    void awaitEnd() throws InterruptedException {
        ended.await();
    }

    /** Asks the helper to kill the run, and waits for it to say so; without interrupts. */
    void stop(Duration patience) {
        try {
            if (sent) {
                channel.shutdownOutput();
            } else {
                close();
            }
        } catch (IOException _) {
            close(); // it is gone, or was never there
        }
        long deadline = System.nanoTime() + patience.toNanos();
        boolean interrupted = false;
        while (true) {
            try {
                if (!ended.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                    problem = "it did not confirm that the run was killed";
                    close();
                    ended.await();
                }
                break;
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** The last word, once it has ended. */
    HelperReply reply() throws IOException {
        HelperReply last = reply;
        if (last != null) {
            return last;
        }
        if (sent) {
            throw new HelperLost("the host helper was asked, and " + problem);
        }
        throw new HelperAway("the host helper at " + socket + " cannot be asked: " + problem);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException _) {
            // nothing more is to be said there
        }
    }

    private void run() {
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            write();
            read();
        } catch (IOException e) {
            if (channel.isOpen()) {
                problem = sent ? "the connection broke" : String.valueOf(e.getMessage());
            }
        } finally {
            handedOver.countDown();
            ended.countDown();
        }
    }

    /** A helper that refuses early does not read it all, but has said why. */
    private void write() throws IOException {
        try {
            while (line.hasRemaining()) {
                int _ = channel.write(line);
            }
            sent = true;
            handedOver.countDown();
        } catch (IOException e) {
            read();
            throw e;
        }
    }

    private void read() throws IOException {
        LineReader lines = new LineReader(channel, HelperWire.MAX_ANSWER_BYTES);
        while (reply == null) {
            byte[] next = lines.next();
            if (next == null) {
                throw new IOException("it ended without an answer");
            }
            switch (HelperReply.parse(next)) {
                case Piece piece -> live.accept(piece);
                case HelperReply last -> reply = last;
            }
        }
    }
}
