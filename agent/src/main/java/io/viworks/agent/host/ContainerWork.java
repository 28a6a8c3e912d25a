package io.viworks.agent.host;

import io.viworks.protocol.Bytes;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What containers are told to do, by the API that Docker has and Podman speaks as well (Docker
 * Engine API 1.40 and later; requests without a version get the engine's own). Every failure tells
 * what the engine said. Thread-safe.
 */
public final class ContainerWork {
    /** Longest that an engine may think about what it does at once. */
    private static final Duration BRIEF = Duration.ofSeconds(20);

    /** Longest text of an engine's complaint. */
    private static final int MAX_TEXT = 512;

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final ContainerEngine engine;

    /** Told to this engine. */
    public ContainerWork(ContainerEngine engine) {
        this.engine = engine;
    }

    /** Whether the engine has an image. */
    public boolean hasImage(String image) throws IOException {
        EngineReply reply = get("/images/" + path(image) + "/json");
        return switch (reply.status()) {
            case 200 -> true;
            case 404 -> false;
            default -> throw failed("look for the image", reply);
        };
    }

    /**
     * Has the engine fetch an image.
     *
     * @param patience how long that may take
     */
    public void pull(String image, Duration patience) throws IOException {
        int colon = image.lastIndexOf(':');
        boolean named = image.contains("@") || colon > image.lastIndexOf('/');
        String whole = named ? image : image + ":latest"; // else an engine fetches all there are
        EngineReply reply =
                post("/images/create?fromImage=" + query(whole), Bytes.utf8(""), patience);
        if (reply.status() != 200) {
            throw failed("fetch the image", reply);
        }
        // with status 200 it begins to tell of its work, and that may fail still
        for (String line : reply.body().lines().toList()) {
            String error = error(line).path("error").asString("");
            if (!error.isEmpty()) {
                throw new IOException("the container engine cannot fetch the image: " + cut(error));
            }
        }
    }

    /**
     * Makes a container.
     *
     * @return its id
     */
    public String create(ContainerSpec spec) throws IOException {
        Bytes body = Bytes.utf8(spec.body().toString());
        EngineReply reply = post("/containers/create?name=" + query(spec.name()), body, BRIEF);
        return switch (reply.status()) {
            case 201 -> read(reply).path("Id").asString("");
            case 404 -> throw new IOException("image " + spec.image() + " is not on this gateway");
            case 409 ->
                    throw new IOException(
                            "a container named "
                                    + spec.name()
                                    + " is there already; nothing was"
                                    + " changed: choose another name, or remove that one");
            default -> throw failed("make the container", reply);
        };
    }

    /** Starts a container that has been made. */
    public void start(String id) throws IOException {
        EngineReply reply = post("/containers/" + id + "/start", Bytes.utf8(""), BRIEF);
        if (reply.status() != 204 && reply.status() != 304) {
            throw failed("start the container", reply);
        }
    }

    /** Removes a container, running or not; none is fine as well. */
    public void remove(String id) throws IOException {
        String target = "/containers/" + id + "?force=true&v=true";
        EngineReply reply =
                engine.exchange("DELETE " + target + " HTTP/1.1\r\n", Bytes.utf8(""), BRIEF);
        if (reply.status() != 204 && reply.status() != 404) {
            throw failed("remove the container", reply);
        }
    }

    /**
     * Stops a container; one that is stopped stays so.
     *
     * @param grace between asking it to end and killing it; empty leaves that to the engine
     */
    public ContainerState stop(String container, Optional<Duration> grace) throws IOException {
        return change(container, "stop", grace);
    }

    /**
     * Stops a container, if it runs, and starts it.
     *
     * @param grace as above
     */
    public ContainerState restart(String container, Optional<Duration> grace) throws IOException {
        return change(container, "restart", grace);
    }

    private ContainerState change(String container, String how, Optional<Duration> grace)
            throws IOException {
        String seconds = grace.map(value -> "?t=" + value.toSeconds()).orElse("");
        Duration patience = BRIEF.plus(grace.orElse(Duration.ofSeconds(10)));
        String target = "/containers/" + path(container) + "/" + how + seconds;
        EngineReply reply = post(target, Bytes.utf8(""), patience);
        switch (reply.status()) {
            case 204, 304 -> {}
            case 404 -> throw new IOException("there is no container " + container);
            default -> throw failed(how + " the container", reply);
        }
        EngineReply shown = get("/containers/" + path(container) + "/json");
        if (shown.status() != 200) {
            throw failed("show the container", shown);
        }
        JsonNode found = read(shown);
        return new ContainerState(
                ContainerEngine.shortId(found.path("Id").asString("")),
                found.at("/State/Status").asString(""));
    }

    private EngineReply get(String target) throws IOException {
        return engine.exchange("GET " + target + " HTTP/1.1\r\n", Bytes.utf8(""), BRIEF);
    }

    private EngineReply post(String target, Bytes body, Duration patience) throws IOException {
        String head = "POST " + target + " HTTP/1.1\r\nContent-Type: application/json\r\n";
        return engine.exchange(head, body, patience);
    }

    private static JsonNode read(EngineReply reply) throws IOException {
        try {
            return JSON.readTree(reply.body());
        } catch (JacksonException e) {
            throw new IOException("the container engine's answer is not JSON", e);
        }
    }

    private static JsonNode error(String text) {
        try {
            return JSON.readTree(text);
        } catch (JacksonException e) {
            return JSON.missingNode();
        }
    }

    private static IOException failed(String what, EngineReply reply) {
        String message = error(reply.body()).path("message").asString("");
        return new IOException(
                "the container engine cannot %s: %s (status %d)"
                        .formatted(
                                what,
                                message.isEmpty() ? "it does not say why" : cut(message),
                                reply.status()));
    }

    private static String cut(String text) {
        return text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) : text;
    }

    private static String query(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** An image's slashes stay: engines want them so. */
    private static String path(String text) {
        return query(text).replace("%2F", "/");
    }
}
