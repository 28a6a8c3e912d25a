package io.viworks.testkit;

import io.viworks.patience.Patience;
import io.viworks.protocol.Rfc3339;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * An agent that does what a test says, over a plain socket with the WebSocket framing of its own
 * (RFC 6455), so that nothing stands between the test and a bad frame. Reads by itself until told
 * to stop; answers pings and closes until told not to. Thread-safe; waits at most {@link #PATIENCE}
 * and fails the test then.
 */
public final class ScriptedAgent implements AutoCloseable {
    /** Longest wait for anything. */
    public static final Duration PATIENCE = Patience.LONGEST;

    public static final int TEXT = 1;
    public static final int BINARY = 2;
    public static final int CLOSE = 8;
    public static final int PING = 9;
    public static final int PONG = 10;

    private static final JsonMapper JSON = new JsonMapper();
    private static final byte[] MASK = {0x12, 0x34, 0x56, 0x78};

    private final String agentId;
    private final Socket socket;
    private final HttpAnswer upgrade;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Object writing = new Object();
    private final List<String> all = new ArrayList<>();
    private final Deque<String> unseen = new ArrayDeque<>();
    private int pings;
    private int pongs;
    private boolean reading = true;
    private Duration perFrame = Duration.ZERO;
    private boolean answersPings = true;
    private boolean answersClose = true;
    private @Nullable Closed close;
    private boolean ended;

    /** How the bridge closed; code 1006 when the connection ended without a word. */
    public record Closed(int code, String reason) {}

    ScriptedAgent(String agentId, Socket socket, HttpAnswer upgrade) {
        this.agentId = agentId;
        this.socket = socket;
        this.upgrade = upgrade;
        Thread.ofVirtual().name("scripted-" + agentId).start(this::read);
    }

    /** The answer that opened the socket. */
    public HttpAnswer upgrade() {
        return upgrade;
    }

    public String agentId() {
        return agentId;
    }

    // ---- what it sends

    /** Sends a text frame. */
    public ScriptedAgent send(String text) {
        return frame(TEXT, true, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends an object as a text frame. */
    public ScriptedAgent send(ObjectNode json) {
        return send(json.toString());
    }

    /** Sends one frame, a fragment when {@code last} is false; the opcode 0 goes on with it. */
    public ScriptedAgent frame(int opcode, boolean last, byte[] payload) {
        return raw(encoded(opcode, last, payload));
    }

    /** Sends bytes below the framing. */
    public ScriptedAgent raw(byte[] bytes) {
        try {
            trySend(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    /** Like {@link #send(String)}, but a connection that has ended fails nothing. */
    public boolean offer(String text) {
        return offer(encoded(TEXT, true, text.getBytes(StandardCharsets.UTF_8)));
    }

    /** Like {@link #raw}, but a connection that has ended fails nothing. */
    public boolean offer(byte[] bytes) {
        try {
            trySend(bytes);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void trySend(byte[] bytes) throws IOException {
        synchronized (writing) {
            socket.getOutputStream().write(bytes);
        }
    }

    /** A client's frame as bytes (RFC 6455, section 5.2). */
    public static byte[] encoded(int opcode, boolean last, byte[] payload) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(payload.length + 14);
        out.write((last ? 0x80 : 0) | opcode);
        if (payload.length < 126) {
            out.write(0x80 | payload.length);
        } else if (payload.length < 65_536) {
            out.write(0x80 | 126);
            out.writeBytes(ByteBuffer.allocate(2).putShort((short) payload.length).array());
        } else {
            out.write(0x80 | 127);
            out.writeBytes(ByteBuffer.allocate(8).putLong(payload.length).array());
        }
        out.writeBytes(MASK);
        for (int i = 0; i < payload.length; i++) {
            out.write(payload[i] ^ MASK[i % 4]);
        }
        return out.toByteArray();
    }

    /** Sends a ping of the WebSocket itself. */
    public ScriptedAgent ping() {
        return frame(PING, true, new byte[0]);
    }

    /** An object with {@code type} and this agent's id. */
    public ObjectNode json(String type) {
        return JSON.createObjectNode().put("type", type).put("agent_id", agentId);
    }

    /** The least HELLO there is, offering these features. */
    public ObjectNode hello(String... features) {
        ObjectNode hello = json("HELLO").put("version", "1.0.0");
        hello.putArray("capabilities").add("RunDiagnostics");
        var offered = hello.putArray("features");
        for (String feature : features) {
            offered.add(feature);
        }
        return hello;
    }

    /** A TELEMETRY of now that measures nothing. */
    public ObjectNode telemetry() {
        ObjectNode telemetry = json("TELEMETRY").put("ts", Rfc3339.format(Instant.now()));
        telemetry.putObject("metrics");
        return telemetry;
    }

    /** Says HELLO and waits for WELCOME, which it returns. */
    public JsonNode join(String... features) {
        send(hello(features));
        return next("WELCOME");
    }

    /** Says that it closes. */
    public ScriptedAgent sendClose(int code) {
        return frame(CLOSE, true, ByteBuffer.allocate(2).putShort((short) code).array());
    }

    // ---- what it hears

    /** The next text frame of this type that was not asked for before; others stay. */
    public JsonNode next(String type) {
        return await("a " + type, () -> take(type));
    }

    private @Nullable JsonNode take(String type) {
        for (Iterator<String> each = unseen.iterator(); each.hasNext(); ) {
            JsonNode frame = JSON.readTree(each.next());
            if (frame.path("type").asString("").equals(type)) {
                each.remove();
                return frame;
            }
        }
        return null;
    }

    /** Everything said so far, as text. */
    public List<String> frames() {
        lock.lock();
        try {
            return List.copyOf(all);
        } finally {
            lock.unlock();
        }
    }

    /** Everything of one type said so far. */
    public List<JsonNode> frames(String type) {
        return frames().stream()
                .map(JSON::readTree)
                .filter(frame -> frame.path("type").asString("").equals(type))
                .toList();
    }

    /** Pings of the WebSocket itself heard so far. */
    public int pings() {
        return locked(() -> pings);
    }

    /** Pongs of the WebSocket itself heard so far. */
    public int pongs() {
        return locked(() -> pongs);
    }

    /** Waits for the bridge's close, or for the end of the connection without one. */
    public Closed closed() {
        return await("a close", () -> close);
    }

    /** How it was closed, if it was. */
    public Optional<Closed> closedSoFar() {
        return Optional.ofNullable(locked(() -> close));
    }

    /** Waits for the end of the connection itself, and says how the bridge closed it. */
    public Closed ended() {
        return await("the end", () -> ended ? close : null);
    }

    private <T extends @Nullable Object> T locked(Supplier<T> look) {
        lock.lock();
        try {
            return look.get();
        } finally {
            lock.unlock();
        }
    }

    private <T> T await(String what, Supplier<@Nullable T> look) {
        long left = PATIENCE.toNanos();
        lock.lock();
        try {
            T found = look.get();
            while (found == null) {
                if (left <= 0 || (ended && !what.startsWith("the "))) {
                    throw new AssertionError(
                            agentId
                                    + " waited for "
                                    + what
                                    + "; heard "
                                    + all
                                    + ", close "
                                    + close);
                }
                left = changed.awaitNanos(left);
                found = look.get();
            }
            return found;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        } finally {
            lock.unlock();
        }
    }

    // ---- how it behaves

    /** From now on reads nothing: what the bridge sends waits in the kernel. */
    public ScriptedAgent stopReading() {
        set(() -> reading = false);
        return this;
    }

    /**
     * From now on takes this long for each frame. One who reads nothing and yet keeps asking may
     * not be heard any more: a receive buffer that is full of small frames makes Linux drop
     * whatever comes, and with it the other side's word that it has what was sent.
     */
    public ScriptedAgent readSlowly(Duration each) {
        set(() -> perFrame = each);
        return this;
    }

    /** Reads as fast as it can again. */
    public ScriptedAgent readAgain() {
        set(() -> {
            reading = true;
            perFrame = Duration.ZERO;
        });
        return this;
    }

    /** From now on a ping stays without a pong. */
    public ScriptedAgent stopAnsweringPings() {
        set(() -> answersPings = false);
        return this;
    }

    /** From now on a close stays without the other side's. */
    public ScriptedAgent stopAnsweringClose() {
        set(() -> answersClose = false);
        return this;
    }

    /** Ends the connection without a word. */
    @Override
    public void close() {
        set(() -> reading = true);
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the connection by a reset. */
    public void reset() {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        close();
    }

    private void set(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    // ---- the reader

    private void read() {
        try {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            while (true) {
                awaitReading();
                int first = in.readUnsignedByte();
                int length = in.readUnsignedByte() & 0x7f;
                if (length == 126) {
                    length = in.readUnsignedShort();
                } else if (length == 127) {
                    length = Math.toIntExact(in.readLong());
                }
                heard(first & 0x0f, in.readNBytes(length));
            }
        } catch (IOException e) {
            // The connection has ended; how is known below.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        set(() -> {
            ended = true;
            if (close == null) {
                close = new Closed(1006, "");
            }
        });
    }

    private void awaitReading() throws InterruptedException {
        lock.lock();
        try {
            long left = perFrame.toNanos();
            while (left > 0 && !perFrame.isZero()) {
                left = changed.awaitNanos(left);
            }
            while (!reading) {
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    private void heard(int opcode, byte[] payload) throws IOException {
        switch (opcode) {
            case TEXT -> {
                String text = new String(payload, StandardCharsets.UTF_8);
                set(() -> {
                    all.add(text);
                    unseen.add(text);
                });
            }
            case PING -> {
                set(() -> pings++);
                if (locked(() -> answersPings)) {
                    trySend(encoded(PONG, true, payload));
                }
            }
            case PONG -> set(() -> pongs++);
            case CLOSE -> {
                int code = payload.length < 2 ? 1005 : ByteBuffer.wrap(payload).getShort() & 0xffff;
                String reason =
                        payload.length < 2
                                ? ""
                                : new String(
                                        payload, 2, payload.length - 2, StandardCharsets.UTF_8);
                set(() -> close = new Closed(code, reason));
                if (locked(() -> answersClose)) {
                    trySend(encoded(CLOSE, true, payload));
                }
            }
            default -> throw new IOException("opcode " + opcode + " is not one a bridge sends");
        }
    }
}
