package io.viworks.admin;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A reader of an event stream as a browser is one, over a real socket. */
final class SseReader implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final List<Event> events = new ArrayList<>();
    private final AtomicInteger comments = new AtomicInteger();
    private final HttpResponse<java.io.InputStream> response;
    private final Thread thread;
    private volatile String lastId;
    private volatile boolean retried;

    /** One event. */
    record Event(@Nullable String id, String name, String data) {
        JsonNode json() {
            return JSON.readTree(data);
        }

        String text(String member) {
            return json().path(member).asString("");
        }
    }

    SseReader(int port, String path, String token, @Nullable String lastId) {
        this.lastId = lastId == null ? "" : lastId;
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .timeout(Duration.ofMinutes(1))
                        .header("Authorization", "Bearer " + token)
                        .header("Accept", "text/event-stream");
        if (lastId != null) {
            request.header("Last-Event-ID", lastId);
        }
        try {
            response = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        if (response.statusCode() == 200) {
            Observations.all().add("GET", response.uri().getRawPath(), 200, response.headers(), "");
        }
        thread = Thread.ofVirtual().start(this::read);
    }

    private void read() {
        try (BufferedReader in =
                new BufferedReader(
                        new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            String name = "message";
            String id = null;
            List<String> data = new ArrayList<>();
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.isEmpty()) {
                    if (id != null) {
                        lastId = id;
                    }
                    if (!data.isEmpty()) {
                        add(new Event(id, name, String.join("\n", data)));
                    }
                    name = "message";
                    id = null;
                    data.clear();
                } else if (line.startsWith(":")) {
                    comments.incrementAndGet();
                } else if (line.startsWith("id: ")) {
                    id = line.substring(4);
                } else if (line.startsWith("event: ")) {
                    name = line.substring(7);
                } else if (line.startsWith("data: ")) {
                    data.add(line.substring(6));
                } else if (line.startsWith("retry: ")) {
                    retried = true;
                } else {
                    throw new IllegalStateException("no line of an event stream: " + line);
                }
            }
        } catch (IOException _) {
            // It was closed, here or there.
        }
    }

    HttpResponse<?> response() {
        return response;
    }

    private void add(Event event) {
        synchronized (events) {
            events.add(event);
        }
    }

    List<Event> events() {
        synchronized (events) {
            return List.copyOf(events);
        }
    }

    List<Event> events(String name) {
        return events().stream().filter(event -> event.name().equals(name)).toList();
    }

    /** What a browser would send as Last-Event-ID by now. */
    String lastId() {
        return lastId;
    }

    int comments() {
        return comments.get();
    }

    boolean wasToldWhenToRetry() {
        return retried;
    }

    boolean ended() {
        return !thread.isAlive();
    }

    @Override
    public void close() {
        hangUp();
    }

    /** Loses the connection; what has arrived is there. */
    void hangUp() {
        http.shutdownNow();
        try {
            response.body().close();
            thread.join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
