package io.viworks.agent.host;

import io.viworks.protocol.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
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
 * well. What it is told to do stands in {@link ContainerWork}. Thread-safe.
 */
public final class ContainerEngine {
    /** Where engines listen, in the order they are looked for. */
    public static final List<Path> SOCKETS =
            List.of(Path.of("/var/run/docker.sock"), Path.of("/run/podman/podman.sock"));

    /** Longest time for a whole answer. */
    static final Duration TIMEOUT = Duration.ofSeconds(5);

    /** Largest answer in bytes: several thousand containers. */
    static final int MAX_REPLY_BYTES = 8 * 1024 * 1024;

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
                            shortId(id),
                            name(element.path("Names")),
                            element.path("Image").asString(""),
                            element.path("State").asString(""),
                            created(element.path("Created"))));
        }
        return containers;
    }

    /** An id as people are shown it. */
    public static String shortId(String id) {
        return id.length() > SHORT_ID ? id.substring(0, SHORT_ID) : id;
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
        EngineReply reply = exchange("GET " + target + " HTTP/1.1\r\n");
        if (reply.status() != 200) {
            throw new IOException("the container engine answered with status " + reply.status());
        }
        return reply.body();
    }

    private EngineReply exchange(String head) throws IOException {
        return exchange(head, Bytes.utf8(""), timeout);
    }

    /**
     * Asks one question on a connection of its own.
     *
     * @param head request line and headers of the question
     */
    EngineReply exchange(String head, Bytes body, Duration patience) throws IOException {
        String general =
                "Host: localhost\r\nAccept: application/json\r\nContent-Length: "
                        + body.length()
                        + "\r\nConnection: close\r\n\r\n";
        try (DeadlineSocket connection =
                DeadlineSocket.connect(
                        UnixDomainSocketAddress.of(socket), "the container engine", patience)) {
            ByteArrayOutputStream request = new ByteArrayOutputStream();
            request.writeBytes((head + general).getBytes(StandardCharsets.US_ASCII));
            request.writeBytes(body.array());
            connection.write(request.toByteArray());
            return read(connection);
        }
    }

    private static EngineReply read(DeadlineSocket connection) throws IOException {
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        while (true) {
            boolean more = connection.read(received);
            if (received.size() > MAX_REPLY_BYTES) {
                throw new IOException(
                        "the container engine's answer is over " + MAX_REPLY_BYTES + " bytes");
            }
            Optional<EngineReply> reply = EngineReply.parse(received.toByteArray(), !more);
            if (reply.isPresent()) {
                return reply.get();
            }
        }
    }
}
