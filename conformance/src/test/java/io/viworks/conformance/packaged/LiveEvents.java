package io.viworks.conformance.packaged;

import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** An event stream of the API as a panel reads it. */
final class LiveEvents implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final Thread thread;

    /** One event, and when it was here. */
    record Event(String name, JsonNode data, Instant at) {
        String text(String member) {
            return data.path(member).asString("");
        }
    }

    private LiveEvents(HttpRequest request) throws Exception {
        HttpResponse<Stream<String>> response =
                http.send(request, HttpResponse.BodyHandlers.ofLines());
        if (response.statusCode() != 200) {
            throw new AssertionError("status " + response.statusCode());
        }
        thread = Thread.ofVirtual().start(() -> read(response.body()));
    }

    static LiveEvents open(RunningStack stack, String path) throws Exception {
        return new LiveEvents(
                HttpRequest.newBuilder(URI.create(stack.told("admin_api") + path))
                        .header("Authorization", "Bearer " + stack.told("viewer_token"))
                        .build());
    }

    private void read(Stream<String> lines) {
        String[] name = {""};
        try (lines) {
            lines.forEach(line -> {
                if (line.startsWith("event: ")) {
                    name[0] = line.substring(7);
                } else if (line.startsWith("data: ")) {
                    events.add(new Event(name[0], JSON.readTree(line.substring(6)), Instant.now()));
                }
            });
        } catch (UncheckedIOException _) {
            // It was closed, here or there.
        }
    }

    List<Event> events() {
        return List.copyOf(events);
    }

    boolean ended() {
        return !thread.isAlive();
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
