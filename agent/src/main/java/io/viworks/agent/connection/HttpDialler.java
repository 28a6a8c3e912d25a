package io.viworks.agent.connection;

import io.viworks.agent.config.AgentConfig;
import io.viworks.protocol.Rfc3339;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.protocol.handshake.HandshakeHeaders;
import io.viworks.protocol.handshake.HandshakeMac;
import io.viworks.protocol.handshake.HandshakeText;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Dials the configured bridge with the headers of spec 2.1. The secret is read for each attempt and
 * kept no longer.
 */
final class HttpDialler implements Dialler {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

    private final AgentConfig config;
    private final Time time;
    private final HttpClient client;

    /**
     * Makes the client.
     *
     * @throws IOException when the trust bundle or the certificate is not what it should be
     */
    HttpDialler(AgentConfig config, Time time) throws IOException {
        this.config = config;
        this.time = time;
        HttpClient.Builder builder =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(CONNECT_TIMEOUT)
                        .followRedirects(HttpClient.Redirect.NEVER)
                        .proxy(proxy(config.proxy()));
        if (config.backendUrl().getScheme().equals("wss")) {
            builder.sslContext(
                    Tls.context(config.trustBundle(), config.certificate(), config.privateKey()));
        }
        this.client = builder.build();
    }

    private static ProxySelector proxy(@Nullable URI proxy) {
        return proxy == null
                ? HttpClient.Builder.NO_PROXY
                : ProxySelector.of(
                        InetSocketAddress.createUnresolved(proxy.getHost(), proxy.getPort()));
    }

    @Override
    public void close() {
        client.shutdownNow();
    }

    @Override
    public CompletionStage<Link> dial(Link.Listener listener) {
        HttpLink link = new HttpLink(listener);
        WebSocket.Builder builder =
                client.newWebSocketBuilder()
                        .connectTimeout(CONNECT_TIMEOUT)
                        .subprotocols(HandshakeHeaders.SUBPROTOCOL);
        try {
            sign(builder);
        } catch (IOException e) {
            return CompletableFuture.failedFuture(
                    new NoLink(new End.Lost("cannot read shared_secret_file: " + e)));
        }
        return builder.buildAsync(config.backendUrl(), link)
                .handle((socket, error) -> linked(link, socket, error));
    }

    /** Whatever is no socket of ours fails the stage. */
    private static Link linked(
            HttpLink link, @Nullable WebSocket socket, @Nullable Throwable error) {
        if (error != null || socket == null) {
            throw new CompletionException(
                    new NoLink(error == null ? new End.Lost("no socket") : end(error)));
        }
        if (!socket.getSubprotocol().equals(HandshakeHeaders.SUBPROTOCOL)) {
            link.abort();
            throw new CompletionException(
                    new NoLink(new End.Lost("the server speaks another subprotocol")));
        }
        return link;
    }

    private void sign(WebSocket.Builder builder) throws IOException {
        byte[] secret =
                Files.readString(config.sharedSecretFile())
                        .strip()
                        .getBytes(StandardCharsets.UTF_8);
        if (secret.length == 0) {
            throw new IOException("it is empty");
        }
        String timestamp = Rfc3339.format(time.now());
        String nonce = UUID.randomUUID().toString();
        HandshakeText text =
                new HandshakeText(
                        "GET",
                        config.backendUrl().getRawPath(),
                        timestamp,
                        nonce,
                        config.agentId());
        builder.header(HandshakeHeaders.AGENT_ID, config.agentId().value())
                .header(HandshakeHeaders.TIMESTAMP, timestamp)
                .header(HandshakeHeaders.NONCE, nonce)
                .header(HandshakeHeaders.AUTH, HandshakeMac.sign(secret, text));
    }

    private static End end(Throwable error) {
        Throwable cause =
                error instanceof CompletionException && error.getCause() != null
                        ? error.getCause()
                        : error;
        if (cause instanceof WebSocketHandshakeException refused
                && refused.getResponse() != null
                && refused.getResponse().statusCode() != 101) {
            return refused(refused.getResponse());
        }
        return new End.Lost(cause.toString());
    }

    private static End refused(HttpResponse<?> response) {
        Duration retryAfter =
                response.headers()
                        .firstValue("Retry-After")
                        .filter(text -> text.matches("[0-9]{1,6}"))
                        .map(text -> Duration.ofSeconds(Long.parseLong(text)))
                        .orElse(null);
        ObjectNode problem = problem(response.body());
        return new End.Refused(
                response.statusCode(), code(problem), retryAfter, serverTime(problem));
    }

    private static ObjectNode problem(@Nullable Object body) {
        if (body instanceof String text) {
            try {
                return new FrameCodec().decodeObject(text.getBytes(StandardCharsets.UTF_8));
            } catch (BadFrame e) {
                // A page of some proxy: its status says enough.
            }
        }
        return JsonNodeFactory.instance.objectNode();
    }

    private static @Nullable String code(ObjectNode problem) {
        JsonNode code = problem.get("code");
        return code != null && code.isString() ? code.stringValue() : null;
    }

    private static @Nullable Instant serverTime(ObjectNode problem) {
        JsonNode time = problem.get("server_time");
        try {
            return time != null && time.isString() ? Rfc3339.parse(time.stringValue()) : null;
        } catch (DateTimeParseException e) {
            return null;
        }
    }
}
