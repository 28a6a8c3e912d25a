package io.viworks.agent.host;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A container engine asked over its Unix socket, by the API that Docker has and Podman speaks as
 * well. It is only asked, never told to change anything. Thread-safe.
 */
public final class ContainerEngine {
    /** Where engines listen, in the order they are looked for. */
    public static final List<Path> SOCKETS =
            List.of(Path.of("/var/run/docker.sock"), Path.of("/run/podman/podman.sock"));

    /** Longest time for a whole answer. */
    static final Duration TIMEOUT = Duration.ofSeconds(5);

    /** Largest answer in bytes: several thousand containers. */
    static final int MAX_REPLY_BYTES = 8 * 1024 * 1024;

    private static final int READ_BYTES = 64 * 1024;
    private static final int SHORT_ID = 12;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path socket;
    private final Duration timeout;

    ContainerEngine(Path socket, Duration timeout) {
        this.socket = socket;
        this.timeout = timeout;
    }

    /** The first of these sockets that is there; empty when no engine runs. */
    public static Optional<ContainerEngine> find(List<Path> sockets) {
        return sockets.stream()
                .filter(Files::exists)
                .map(socket -> new ContainerEngine(socket, TIMEOUT))
                .findFirst();
    }

    /**
     * Lists containers, the newest first.
     *
     * @param all stopped ones too
     * @throws IOException when the engine does not answer, in time, as it should
     */
    public List<Container> containers(boolean all) throws IOException {
        String body = get("/containers/json?all=" + all);
        try {
            return containers(JSON.readTree(body));
        } catch (JacksonException e) {
            throw new IOException("the container engine's answer is not JSON", e);
        }
    }

    static List<Container> containers(JsonNode answer) throws IOException {
        if (!answer.isArray()) {
            throw new IOException("the container engine's answer is not a list");
        }
        List<Container> containers = new ArrayList<>();
        for (JsonNode element : answer) {
            String id = element.path("Id").asString("");
            containers.add(
                    new Container(
                            id.length() > SHORT_ID ? id.substring(0, SHORT_ID) : id,
                            name(element.path("Names")),
                            element.path("Image").asString(""),
                            element.path("State").asString(""),
                            created(element.path("Created"))));
        }
        return containers;
    }

    /** Engines put a slash before; names with more of them are links of other containers. */
    private static String name(JsonNode names) {
        String first = "";
        for (JsonNode element : names) {
            String text = element.asString("");
            String name = text.startsWith("/") ? text.substring(1) : text;
            if (!name.contains("/")) {
                return name;
            }
            first = first.isEmpty() ? name : first;
        }
        return first;
    }

    /** Seconds since 1970; older Podman says it in words. */
    private static Instant created(JsonNode created) {
        if (created.isIntegralNumber()) {
            return Instant.ofEpochSecond(created.longValue(0));
        }
        try {
            return Instant.parse(created.asString(""));
        } catch (DateTimeException _) {
            return Instant.EPOCH;
        }
    }

    private String get(String target) throws IOException {
        EngineReply reply = exchange("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n");
        if (reply.status() != 200) {
            throw new IOException("the container engine answered with status " + reply.status());
        }
        return reply.body();
    }

    private EngineReply exchange(String head) throws IOException {
        String request = head + "Accept: application/json\r\nConnection: close\r\n\r\n";
        long deadline = System.nanoTime() + timeout.toNanos();
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
                Selector selector = Selector.open()) {
            channel.configureBlocking(false);
            SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT);
            connect(channel, selector, deadline);
            ByteBuffer out = ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII));
            key.interestOps(SelectionKey.OP_WRITE);
            while (out.hasRemaining()) {
                await(selector, deadline);
                channel.write(out);
            }
            key.interestOps(SelectionKey.OP_READ);
            return read(channel, selector, deadline);
        }
    }

    private void connect(SocketChannel channel, Selector selector, long deadline)
            throws IOException {
        boolean connected;
        try {
            connected = channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            // it refuses, or this user may not: the engine's group is needed
            throw new IOException(
                    "the container engine cannot be reached at " + socket + ": " + e.getMessage(),
                    e);
        }
        while (!connected) {
            await(selector, deadline);
            connected = channel.finishConnect();
        }
    }

    private EngineReply read(SocketChannel channel, Selector selector, long deadline)
            throws IOException {
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(READ_BYTES);
        while (true) {
            int read = channel.read(buffer.clear());
            if (read > 0) {
                received.write(buffer.array(), 0, read);
                if (received.size() > MAX_REPLY_BYTES) {
                    throw new IOException(
                            "the container engine's answer is over " + MAX_REPLY_BYTES + " bytes");
                }
                continue;
            }
            // looked at only when nothing more is there for now: a reply comes in many pieces
            Optional<EngineReply> reply = EngineReply.parse(received.toByteArray(), read < 0);
            if (reply.isPresent()) {
                return reply.get();
            }
            await(selector, deadline);
        }
    }

    private void await(Selector selector, long deadline) throws IOException {
        long left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
        if (left > 0) {
            selector.selectedKeys().clear();
            if (selector.select(left) > 0) {
                return;
            }
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedIOException("interrupted while asking " + socket);
        }
        throw new IOException(
                "the container engine did not answer within " + timeout.toMillis() + " ms");
    }
}
