package io.viworks.agent.connection;

import io.viworks.protocol.Bytes;
import io.viworks.protocol.Limits;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A socket of the JDK's HTTP client, which answers pings by itself. */
final class HttpLink implements Link, WebSocket.Listener {
    /** Twice what a bridge may send; more is no frame of ours. */
    private static final int MAX_CHARACTERS = 4 * Limits.MAX_FRAME_BYTES;

    private static final Duration FAREWELL = Duration.ofSeconds(2);

    private final Listener listener;
    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicLong queued = new AtomicLong();
    private final StringBuilder partial = new StringBuilder();
    private final Object sending = new Object();
    private CompletableFuture<?> sent = CompletableFuture.completedFuture(null);
    private volatile @Nullable WebSocket socket;

    HttpLink(Listener listener) {
        this.listener = listener;
    }

    @Override
    public void onOpen(WebSocket opened) {
        socket = opened;
    }

    /** The JDK's socket reads nothing that nobody asked for. */
    @Override
    public void receive() {
        WebSocket open = socket;
        if (open != null) {
            open.request(1);
        }
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        partial.append(data);
        if (partial.length() > MAX_CHARACTERS) {
            from.abort();
            end(new End.Lost("a frame of more than %d characters".formatted(MAX_CHARACTERS)));
            return null;
        }
        if (last && !over.get()) {
            Bytes frame = Bytes.utf8(partial.toString());
            partial.setLength(0);
            listener.frame(frame, () -> from.request(1));
        } else {
            from.request(1);
        }
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
        from.abort();
        end(new End.Lost("a binary frame"));
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPing(WebSocket from, ByteBuffer message) {
        heard();
        from.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPong(WebSocket from, ByteBuffer message) {
        heard();
        from.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
        end(new End.Closed(code, reason, null));
        return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
        end(new End.Lost(error.toString()));
    }

    @Override
    public void send(Bytes frame) {
        queued.addAndGet(frame.length());
        String text = frame.utf8();
        then(open -> open.sendText(text, true), () -> queued.addAndGet(-frame.length()));
    }

    @Override
    public long queued() {
        return queued.get();
    }

    @Override
    public void close(String reason) {
        over.set(true);
        then(open -> open.sendClose(WebSocket.NORMAL_CLOSURE, reason), () -> {});
        CompletableFuture.delayedExecutor(FAREWELL.toMillis(), TimeUnit.MILLISECONDS)
                .execute(this::abort);
    }

    @Override
    public boolean gone() {
        WebSocket open = socket;
        return open == null || (open.isInputClosed() && open.isOutputClosed());
    }

    @Override
    public void abort() {
        over.set(true);
        WebSocket open = socket;
        if (open != null) {
            open.abort();
        }
    }

    private interface Step {
        CompletableFuture<?> with(WebSocket open);
    }

    /** The JDK's socket takes one send at a time. */
    private void then(Step step, Runnable done) {
        synchronized (sending) {
            sent =
                    sent.thenCompose(
                                    _ -> {
                                        WebSocket open = socket;
                                        return open == null
                                                ? CompletableFuture.failedFuture(
                                                        new IllegalStateException("not open"))
                                                : step.with(open);
                                    })
                            .whenComplete((_, error) -> {
                                done.run();
                                if (error != null) {
                                    end(new End.Lost(error.toString()));
                                }
                            });
        }
    }

    private void heard() {
        if (!over.get()) {
            listener.heard();
        }
    }

    private void end(End end) {
        if (over.compareAndSet(false, true)) {
            listener.ended(end);
        }
    }
}
