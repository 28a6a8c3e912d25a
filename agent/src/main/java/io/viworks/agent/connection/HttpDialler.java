package io.viworks.agent.connection;

import io.viworks.agent.config.AgentConfig;
import io.viworks.agent.http.Refused;
import io.viworks.agent.identity.Identity;
import io.viworks.agent.identity.Identity.Proof;
import io.viworks.agent.identity.NotEnrolled;
import io.viworks.protocol.Rfc3339;
import io.viworks.protocol.handshake.HandshakeHeaders;
import io.viworks.protocol.handshake.HandshakeMac;
import io.viworks.protocol.handshake.HandshakeText;
import io.viworks.protocol.handshake.Refusal;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Dials the configured bridge with the headers of spec 2.1: signed with the agent's own key, or
 * until it has one with the shared secret, which is read for each attempt and kept no longer.
 */
final class HttpDialler implements Dialler {
    /** Handshakes that one attempt may take, while bridges have yet to hear of a new key. */
    private static final int HANDSHAKES = 6;

    private final AgentConfig config;
    private final Time time;
    private final HttpClient client;
    private final @Nullable Identity identity;
    private final Executor later;
    private volatile @Nullable Proof lastProof;

    /**
     * Dials with this client, which is closed with this.
     *
     * @param identity null when the agent has no key of its own
     * @param projection how long bridges may need to hear of a new key
     */
    HttpDialler(
            AgentConfig config,
            Time time,
            HttpClient client,
            @Nullable Identity identity,
            Duration projection) {
        this.config = config;
        this.time = time;
        this.client = client;
        this.identity = identity;
        this.later =
                CompletableFuture.delayedExecutor(projection.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        client.shutdownNow();
    }

    @Override
    public void welcomed() {
        Proof proof = lastProof;
        if (identity != null && proof != null) {
            identity.connected(proof);
        }
    }

    @Override
    public CompletionStage<Link> dial(Link.Listener listener) {
        Identity own = identity;
        return own == null ? byMac(listener) : enrolled(own, listener, HANDSHAKES);
    }

    /** Has the key taken first, when there is reason to, then proves with what there is. */
    private CompletionStage<Link> enrolled(Identity own, Link.Listener listener, int handshakes) {
        CompletionStage<@Nullable Throwable> asked =
                own.mustEnrol()
                        ? own.ask().handle((_, error) -> error)
                        : CompletableFuture.completedFuture(null);
        return asked.thenCompose(problem -> {
            Optional<Proof> proof = own.proof();
            if (proof.isPresent()) {
                return byKey(own, proof.get(), listener, handshakes);
            }
            return config.sharedSecretFile() != null
                    ? byMac(listener)
                    : failed(notEnrolled(problem));
        });
    }

    private CompletionStage<Link> byKey(
            Identity own, Proof proof, Link.Listener listener, int handshakes) {
        lastProof = proof;
        CompletionStage<Link> link =
                handshake(
                        listener,
                        (builder, text) ->
                                builder.header(HandshakeHeaders.SIGNATURE, proof.sign(text))
                                        .header(HandshakeHeaders.KEY_ID, proof.keyId()));
        return link.exceptionallyCompose(error -> {
            if (!isAboutTheKey(error) || handshakes <= 1) {
                return CompletableFuture.failedFuture(error);
            }
            Supplier<CompletionStage<Link>> again = () -> enrolled(own, listener, handshakes - 1);
            if (own.isNew(proof) && handshakes > 2) {
                return CompletableFuture.supplyAsync(again, later).thenCompose(stage -> stage);
            }
            return own.refused(proof) || own.mustEnrol()
                    ? again.get()
                    : CompletableFuture.failedFuture(error);
        });
    }

    private CompletionStage<Link> byMac(Link.Listener listener) {
        lastProof = null;
        byte[] secret;
        try {
            secret = secret();
        } catch (IOException e) {
            return failed(new End.Lost("cannot read shared_secret_file: " + e));
        }
        return handshake(
                listener,
                (builder, text) ->
                        builder.header(HandshakeHeaders.AUTH, HandshakeMac.sign(secret, text)));
    }

    private byte[] secret() throws IOException {
        Path file = config.sharedSecretFile();
        if (file == null) {
            throw new IOException("it is not configured");
        }
        byte[] secret = Files.readString(file).strip().getBytes(StandardCharsets.UTF_8);
        if (secret.length == 0) {
            throw new IOException("it is empty");
        }
        return secret;
    }

    /** Adds the headers that prove who this is. */
    private interface Prover {
        void prove(WebSocket.Builder builder, HandshakeText text);
    }

    private CompletionStage<Link> handshake(Link.Listener listener, Prover prover) {
        HttpLink link = new HttpLink(listener);
        WebSocket.Builder builder =
                client.newWebSocketBuilder()
                        .connectTimeout(HttpClients.CONNECT_TIMEOUT)
                        .subprotocols(HandshakeHeaders.SUBPROTOCOL);
        String timestamp = Rfc3339.format(time.now());
        String nonce = UUID.randomUUID().toString();
        builder.header(HandshakeHeaders.AGENT_ID, config.agentId().value())
                .header(HandshakeHeaders.TIMESTAMP, timestamp)
                .header(HandshakeHeaders.NONCE, nonce);
        String path = config.backendUrl().getRawPath();
        prover.prove(builder, new HandshakeText("GET", path, timestamp, nonce, config.agentId()));
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

    private static CompletionStage<Link> failed(End end) {
        return CompletableFuture.failedFuture(new NoLink(end));
    }

    /** Whether another key, or the same one a little later, may be accepted. */
    private static boolean isAboutTheKey(Throwable error) {
        return cause(error) instanceof NoLink none
                && none.end() instanceof End.Refused refused
                && (Refusal.BAD_SIGNATURE.code().equals(refused.code())
                        || Refusal.REVOKED.code().equals(refused.code()));
    }

    /** How an attempt ends for which there is nothing to prove with. */
    static End.NotEnrolled notEnrolled(@Nullable Throwable problem) {
        Throwable cause = problem == null ? null : cause(problem);
        Refused answer = cause instanceof NotEnrolled none ? none.answer() : null;
        String what =
                cause == null
                        ? "no key that was enrolled, no token and no shared secret"
                        : String.valueOf(cause.getMessage());
        return answer == null
                ? new End.NotEnrolled(what, 0, null, null)
                : new End.NotEnrolled(what, answer.status(), answer.code(), answer.retryAfter());
    }

    private static Throwable cause(Throwable error) {
        return error instanceof CompletionException && error.getCause() != null
                ? error.getCause()
                : error;
    }

    private static End end(Throwable error) {
        Throwable cause = cause(error);
        if (cause instanceof WebSocketHandshakeException handshake
                && handshake.getResponse() != null
                && handshake.getResponse().statusCode() != 101) {
            Refused refused = Refused.of(handshake.getResponse());
            return new End.Refused(
                    refused.status(), refused.code(), refused.retryAfter(), refused.serverTime());
        }
        return new End.Lost(cause.toString());
    }
}
