package io.viworks.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A collector of OpenTelemetry, as far as traces by OTLP over HTTP go: it takes {@code POST
 * /v1/traces} in protobuf and keeps the spans. On a free port of the loopback.
 */
public final class TraceCollector implements AutoCloseable {
    private final HttpServer server;
    private final List<Span> spans = new CopyOnWriteArrayList<>();
    private final List<Map<String, List<String>>> headers = new CopyOnWriteArrayList<>();

    /**
     * A span as it was sent.
     *
     * @param parentId empty for the first of its trace
     * @param notes its attributes; numbers as texts
     */
    public record Span(
            String service,
            String traceId,
            String spanId,
            String parentId,
            String name,
            long startNanos,
            long endNanos,
            Map<String, String> notes) {
        public Span {
            notes = Map.copyOf(notes);
        }

        public @Nullable String note(String key) {
            return notes.get(key);
        }
    }

    private TraceCollector(HttpServer server) {
        this.server = server;
    }

    /** Listens. */
    public static TraceCollector start() throws IOException {
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        TraceCollector collector = new TraceCollector(server);
        server.createContext("/v1/traces", collector::take);
        server.start();
        return collector;
    }

    /** What {@code OTEL_EXPORTER_OTLP_ENDPOINT} is to be. */
    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    public List<Span> spans() {
        return List.copyOf(spans);
    }

    /** The spans of one trace, in the order of their beginnings. */
    public List<Span> trace(String traceId) {
        return spans.stream()
                .filter(span -> span.traceId().equals(traceId))
                .sorted(java.util.Comparator.comparingLong(Span::startNanos))
                .toList();
    }

    /** The headers of each request. */
    public List<Map<String, List<String>>> headers() {
        return List.copyOf(headers);
    }

    private void take(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            headers.add(Map.copyOf(exchange.getRequestHeaders()));
            request(body);
            exchange.getResponseHeaders().add("Content-Type", "application/x-protobuf");
            exchange.sendResponseHeaders(200, -1);
        }
    }

    private void request(byte[] body) {
        fields(body, (_, resourceSpans) -> resourceSpans(bytes(resourceSpans)));
    }

    private void resourceSpans(byte[] message) {
        Map<String, String> resource = new LinkedHashMap<>();
        List<byte[]> scopes = new ArrayList<>();
        fields(
                message,
                (number, value) -> {
                    if (number == 1) {
                        fields(bytes(value), (_, pair) -> pair(bytes(pair), resource));
                    } else if (number == 2) {
                        scopes.add(bytes(value));
                    }
                });
        String service = resource.getOrDefault("service.name", "");
        for (byte[] scope : scopes) {
            fields(
                    scope,
                    (number, value) -> {
                        if (number == 2) {
                            spans.add(span(service, bytes(value)));
                        }
                    });
        }
    }

    private static Span span(String service, byte[] message) {
        Map<Integer, Object> one = new LinkedHashMap<>();
        Map<String, String> notes = new LinkedHashMap<>();
        fields(
                message,
                (number, value) -> {
                    if (number == 9) {
                        pair(bytes(value), notes);
                    } else {
                        one.put(number, value);
                    }
                });
        return new Span(
                service,
                hex(one.get(1)),
                hex(one.get(2)),
                hex(one.get(4)),
                text(Objects.requireNonNull(one.get(5))),
                (Long) Objects.requireNonNull(one.get(7)),
                (Long) Objects.requireNonNull(one.get(8)),
                notes);
    }

    /** A KeyValue whose value is a text or a whole number; of others only that it is there. */
    private static void pair(byte[] message, Map<String, String> into) {
        Map<Integer, Object> pair = new LinkedHashMap<>();
        fields(message, pair::put);
        Map<Integer, Object> value = new LinkedHashMap<>();
        fields(bytes(pair.getOrDefault(2, new byte[0])), value::put);
        Object number = value.get(3);
        into.put(
                text(pair.getOrDefault(1, new byte[0])),
                number == null ? text(value.getOrDefault(1, new byte[0])) : number.toString());
    }

    /** The fields of a message: varints and fixed ones as Long, the others as bytes. */
    private static void fields(byte[] message, BiConsumer<Integer, Object> each) {
        ByteBuffer in = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
        while (in.hasRemaining()) {
            int tag = Math.toIntExact(varint(in));
            Object value =
                    switch (tag & 7) {
                        case 0 -> varint(in);
                        case 1 -> in.getLong();
                        case 2 -> {
                            byte[] bytes = new byte[Math.toIntExact(varint(in))];
                            in.get(bytes);
                            yield bytes;
                        }
                        case 5 -> (long) in.getInt();
                        default -> throw new IllegalArgumentException("wire type " + (tag & 7));
                    };
            each.accept(tag >>> 3, value);
        }
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte part = in.get();
            value |= (long) (part & 0x7f) << shift;
            if (part >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("a varint of more than ten bytes");
    }

    private static byte[] bytes(Object value) {
        return (byte[]) value;
    }

    private static String text(Object value) {
        return new String(bytes(value), StandardCharsets.UTF_8);
    }

    private static String hex(@Nullable Object value) {
        return value == null ? "" : HexFormat.of().formatHex(bytes(value));
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
