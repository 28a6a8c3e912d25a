package io.viworks.bench.journey;

import io.viworks.backplane.Keys;
import io.viworks.bench.BareHttp;
import io.viworks.bench.ChildJvm;
import io.viworks.bench.Resp;
import io.viworks.bench.Stores;
import io.viworks.bench.Timings;
import io.viworks.bench.dispatch.CommandRecord;
import io.viworks.bench.load.Stamped;
import io.viworks.embedded.FreePort;
import io.viworks.protocol.AgentId;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The floor: the parts of the way one after another, each the barest that does it. Agents are those
 * of a generator at the bare relay, which writes what they say to {@code viw.telemetry} of a Redis
 * of its own. For one thread.
 */
final class ByHand implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int BLOCK_MS = 10_000;
    private static final String LIFE = "of:nobody";

    private final HttpClient client = HttpClient.newHttpClient();
    private final ChildJvm http;
    private final URI address;
    private final Resp asks;
    private final Resp blocks;
    private final BareLedger ledger;
    private String heardUpTo = "0";
    private long number;

    private ByHand(ChildJvm http, URI address, String redisUrl, Stores stores)
            throws IOException, SQLException {
        this.http = http;
        this.address = address;
        this.asks = new Resp(redisUrl);
        this.blocks = new Resp(redisUrl);
        this.ledger = new BareLedger(stores);
    }

    /**
     * Starts the HTTP server; the relay is there already.
     *
     * @param redisUrl of the relay
     * @param posted bytes of an answer to a POST
     * @param got bytes of an answer to a GET
     */
    static ByHand start(Path folder, String redisUrl, Stores stores, int posted, int got)
            throws IOException, SQLException {
        int port = FreePort.or(0);
        ChildJvm http =
                ChildJvm.main(
                        BareHttp.class,
                        List.of("-Xmx64m", "-XX:+UseSerialGC"),
                        List.of(
                                Integer.toString(port),
                                Integer.toString(posted),
                                Integer.toString(got)),
                        folder.resolve("bare-http.log"),
                        false);
        return new ByHand(
                http.awaitPort(port, PATIENCE),
                URI.create("http://127.0.0.1:" + port + "/"),
                redisUrl,
                stores);
    }

    /** Puts an owner where it is looked for. */
    void own(AgentId agent) throws IOException {
        var _ =
                asks.ask(
                        "HSET",
                        Keys.owner(agent),
                        "bridge_id",
                        UUID.randomUUID(),
                        "session_id",
                        UUID.randomUUID(),
                        "epoch",
                        System.currentTimeMillis(),
                        "instance_uid",
                        UUID.randomUUID());
    }

    /** Walks the whole way once; nanoseconds of each part. */
    Map<Part, Long> walk(AgentId agent, String body) throws Exception {
        UUID id = Stamped.now(number++);
        if (number == 1) {
            heardUpTo = last();
        }
        Object[] command = CommandRecord.added(agent, id, LIFE);
        Map<Part, Long> took = new EnumMap<>(Part.class);
        for (Part part : Part.values()) {
            List<Long> nanos = Timings.of(1, () -> walk(part, agent, id, body, command)).nanos();
            took.put(part, nanos.getFirst());
        }
        return took;
    }

    private void walk(Part part, AgentId agent, UUID id, String body, Object[] command)
            throws Exception {
        switch (part) {
            case POST ->
                    answered(
                            HttpRequest.newBuilder(address)
                                    .header("Authorization", "Bearer nobody looks at this one")
                                    .header("Content-Type", "application/json")
                                    .POST(HttpRequest.BodyPublishers.ofString(body))
                                    .build(),
                            202);
            case OWNER -> {
                var _ =
                        asks.ask(
                                "HMGET",
                                Keys.owner(agent),
                                "bridge_id",
                                "session_id",
                                "epoch",
                                "instance_uid");
            }
            case ACCEPT -> ledger.accept(id, agent.value());
            case DOOR -> {
                var _ = asks.ask(command);
            }
            case ROUND -> awaitResult(id.toString());
            case END -> ledger.end(id, agent.value());
            case READ -> ledger.read(id, agent.value());
            case GET ->
                    answered(
                            HttpRequest.newBuilder(address)
                                    .header("Authorization", "Bearer nobody looks at this one")
                                    .build(),
                            200);
        }
    }

    private void answered(HttpRequest request, int status)
            throws IOException, InterruptedException {
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != status) {
            throw new IOException("the bare server answers " + answer.statusCode());
        }
    }

    /** The last that any agent said before the first walk. */
    private String last() throws IOException {
        return asks.ask("XREVRANGE", Keys.TELEMETRY, "+", "-", "COUNT", 1) instanceof List<?> found
                        && !found.isEmpty()
                        && found.getFirst() instanceof List<?> entry
                ? String.valueOf(entry.getFirst())
                : "0";
    }

    private void awaitResult(String id) throws IOException {
        boolean there = false;
        while (!there) {
            Object answer =
                    blocks.ask(
                            "XREAD",
                            "COUNT",
                            100,
                            "BLOCK",
                            BLOCK_MS,
                            "STREAMS",
                            Keys.TELEMETRY,
                            heardUpTo);
            if (!(answer instanceof List<?> streams
                    && streams.getFirst() instanceof List<?> stream
                    && stream.get(1) instanceof List<?> entries)) {
                throw new IOException("no agent of the bare relay answered " + id);
            }
            for (Object entry : entries) {
                there |= isResult(entry, id);
            }
        }
    }

    private boolean isResult(@Nullable Object entry, String id) {
        if (entry instanceof List<?> parts && parts.get(1) instanceof List<?> fields) {
            heardUpTo = String.valueOf(parts.getFirst());
            String frame = String.valueOf(fields.get(fields.indexOf("frame") + 1));
            return frame.contains("\"RESULT\"") && frame.contains(id);
        }
        return false;
    }

    @Override
    public void close() throws IOException, SQLException {
        ledger.close();
        blocks.close();
        asks.close();
        client.close();
        http.close();
    }
}
