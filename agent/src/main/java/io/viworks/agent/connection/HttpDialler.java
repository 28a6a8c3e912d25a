package io.viworks.agent.connection;

import io.viworks.agent.config.AgentConfig;
import io.viworks.agent.http.Refused;
import io.viworks.agent.http.Route;
import io.viworks.agent.identity.ClientCertificate;
import io.viworks.agent.identity.Identity;
import io.viworks.agent.identity.NotEnrolled;
import io.viworks.agent.identity.Proof;
import io.viworks.protocol.Rfc3339;
import io.viworks.protocol.handshake.HandshakeHeaders;
import io.viworks.protocol.handshake.HandshakeMac;
import io.viworks.protocol.handshake.HandshakeText;
import io.viworks.protocol.handshake.Refusal;
import java.io.IOException;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Dials the configured bridge with the headers of spec 2.1: signed with the agent's own key, or
 * until it has one with the shared secret, which is read for each attempt and kept no longer; with
 * neither, its certificate is all there is to prove with.
 */
final class HttpDialler implements Dialler {
    /** Handshakes that one attempt may take, while bridges have yet to hear of a new key. */
    private static final int HANDSHAKES = 6;

    private static final Set<String> KEY_CODES =
            Set.of(Refusal.BAD_SIGNATURE.code(), Refusal.REVOKED.code());

    private static final Set<String> CERTIFICATE_CODES =
            Set.of(Refusal.CERTIFICATE_MISMATCH.code(), Refusal.CERTIFICATE_REQUIRED.code());

    private final AgentConfig config;
    private final Time time;
    private final HttpClients clients;
    private final @Nullable Identity identity;
    private final Executor later;
    private volatile @Nullable Proof lastProof;
    private volatile Credential credential = Credential.NONE;

    /**
     * Dials with these clients, which are closed with this.
     *
     * @param identity null when the agent has no key of its own
     * @param projection how long bridges may need to hear of a new key
     */
    HttpDialler(
            AgentConfig config,
            Time time,
            HttpClients clients,
            @Nullable Identity identity,
            Duration projection) {
        this.config = config;
        this.time = time;
        this.clients = clients;
        this.identity = identity;
        this.later =
                CompletableFuture.delayedExecutor(projection.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        clients.close();
    }

    /** What the latest attempt proved with. */
    Credential credential() {
        return credential;
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
        return own == null ? withoutKey(listener) : enrolled(own, listener, HANDSHAKES);
    }

    /** By the shared secret, or by the certificate alone (spec 2.1, mode {@code mtls}). */
    private CompletionStage<Link> withoutKey(Link.Listener listener) {
        return config.sharedSecretFile() == null ? byCertificate(listener) : byMac(listener);
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
            return config.sharedSecretFile() != null || clients.hasCertificate()
                    ? withoutKey(listener)
                    : failed(notEnrolled(problem));
        });
    }

    private CompletionStage<Link> byKey(
            Identity own, Proof proof, Link.Listener listener, int handshakes) {
        lastProof = proof;
        ClientCertificate certificate = proof.certificate();
        credential =
                new Credential(
                        "key", proof.keyId(), certificate == null ? null : certificate.until());
        CompletionStage<Link> link =
                handshake(
                        listener,
                        proof.certificate(),
                        (builder, text) ->
                                builder.header(HandshakeHeaders.SIGNATURE, proof.sign(text))
                                        .header(HandshakeHeaders.KEY_ID, proof.keyId()));
        return link.exceptionallyCompose(error -> {
            Blame blame = blame(error, proof, own.hasOlder(proof));
            if (blame == Blame.NEITHER || handshakes <= 1) {
                return CompletableFuture.failedFuture(error);
            }
            Supplier<CompletionStage<Link>> again = () -> enrolled(own, listener, handshakes - 1);
            if (blame != Blame.PERHAPS && own.isNew(proof) && handshakes > 2) {
                return CompletableFuture.supplyAsync(again, later).thenCompose(stage -> stage);
            }
            boolean another = blame == Blame.KEY ? own.refused(proof) : own.doubted(proof);
            return another || own.mustEnrol() ? again.get() : CompletableFuture.failedFuture(error);
        });
    }

    private CompletionStage<Link> byMac(Link.Listener listener) {
        lastProof = null;
        credential = new Credential("shared_secret", null, clients.certificateEnd());
        byte[] secret;
        try {
            secret = secret();
        } catch (IOException e) {
            return failed(new End.Lost("cannot read shared_secret_file: " + e));
        }
        return handshake(
                listener,
                null,
                (builder, text) ->
                        builder.header(HandshakeHeaders.AUTH, HandshakeMac.sign(secret, text)));
    }

    private CompletionStage<Link> byCertificate(Link.Listener listener) {
        lastProof = null;
        credential = new Credential("certificate", null, clients.certificateEnd());
        return handshake(listener, null, (_, _) -> {});
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

    private CompletionStage<Link> handshake(
            Link.Listener listener, @Nullable ClientCertificate shown, Prover prover) {
        Route route;
        try {
            route = clients.toBridge(shown);
        } catch (IOException e) {
            return failed(new End.Lost("there is no way to the bridge: " + e.getMessage()));
        }
        HttpLink link = new HttpLink(listener);
        WebSocket.Builder builder =
                route.client()
                        .newWebSocketBuilder()
                        .connectTimeout(HttpClients.CONNECT_TIMEOUT)
                        .subprotocols(HandshakeHeaders.SUBPROTOCOL);
        route.headers().forEach(builder::header);
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
                    error == null
                            ? new NoLink(new End.Lost("no socket"))
                            : new NoLink(end(error), isTls(error)));
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

    /** What a bridge, or somebody before it, did not like. */
    private enum Blame {
        KEY,
        CERTIFICATE,
        /** The certificate, maybe: TLS says too little to be sure. */
        PERHAPS,
        NEITHER
    }

    private static Blame blame(Throwable error, Proof proof, boolean hasOlder) {
        if (!(cause(error) instanceof NoLink none)) {
            return Blame.NEITHER;
        }
        if (none.end() instanceof End.Refused refused) {
            String code = String.valueOf(refused.code());
            if (KEY_CODES.contains(code)) {
                return Blame.KEY;
            }
            // An edge that does not take the certificate answers by itself, some with no code of
            // ours, and some as if none had been shown.
            boolean unwanted =
                    CERTIFICATE_CODES.contains(code)
                            || (refused.status() == 400 && refused.code() == null);
            return unwanted && proof.certificate() != null ? Blame.CERTIFICATE : Blame.NEITHER;
        }
        return none.isTls() && hasOlder && proof.certificate() != null
                ? Blame.PERHAPS
                : Blame.NEITHER;
    }

    private static boolean isTls(Throwable error) {
        return Stream.iterate(error, Objects::nonNull, Throwable::getCause)
                .limit(8)
                .anyMatch(SSLException.class::isInstance);
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
