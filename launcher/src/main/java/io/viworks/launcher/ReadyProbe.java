package io.viworks.launcher;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;

/** Waits until a service says that it is ready; a child that dies ends the wait. */
final class ReadyProbe {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Duration POLL = Duration.ofMillis(100);

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    private final Children children;

    ReadyProbe(Children children) {
        this.children = children;
    }

    void await(String name, String url) throws InterruptedException {
        Instant deadline = Instant.now().plus(PATIENCE);
        String last = "no answer";
        while (Instant.now().isBefore(deadline)) {
            if (children.death().isDone()) {
                throw new IllegalStateException(children.death().join());
            }
            try {
                HttpResponse<String> answer =
                        http.send(
                                HttpRequest.newBuilder(URI.create(url))
                                        .timeout(Duration.ofSeconds(5))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString());
                if (answer.statusCode() == 200) {
                    return;
                }
                last = answer.statusCode() + " " + answer.body();
            } catch (IOException e) {
                last = "no answer";
            }
            Thread.sleep(POLL);
        }
        throw new IllegalStateException(
                "%s was not ready after %d s; %s said: %s"
                        .formatted(name, PATIENCE.toSeconds(), url, last));
    }
}
