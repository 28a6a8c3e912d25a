package io.viworks.agent.identity;

import io.viworks.agent.http.Refused;
import io.viworks.agent.http.Route;
import io.viworks.agent.http.Routes;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.Rfc3339;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.protocol.handshake.EnrolmentText;
import io.viworks.protocol.handshake.HandshakeHeaders;
import io.viworks.protocol.handshake.HandshakeSignature;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Asks the server to take a key (spec 2.1, Enrolment). To ask again with the same key is harmless:
 * the answer is the same. Thread-safe.
 */
final class Enrolment {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int LONGEST_ANSWER = 64 * 1024;
    private static final Pattern KEY_ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}");
    private static final FrameCodec CODEC = new FrameCodec();

    private final Routes routes;
    private final URI url;
    private final AgentId agentId;
    private final boolean certificates;
    private final InstantSource clock;

    /**
     * Asks there.
     *
     * @param certificates whether a certificate is asked for with each key
     */
    Enrolment(Routes routes, URI url, AgentId agentId, boolean certificates, InstantSource clock) {
        this.routes = routes;
        this.url = url;
        this.agentId = agentId;
        this.certificates = certificates;
        this.clock = clock;
    }

    /** With a join token, signed with the key itself. The stage fails with {@link NotEnrolled}. */
    CompletionStage<Grant> byToken(OwnKey key, String token) {
        return ask(key, key, token);
    }

    /** Without a token, signed with the older key. The stage fails with {@link NotEnrolled}. */
    CompletionStage<Grant> byOlderKey(OwnKey key, OwnKey older) {
        return ask(key, older, null);
    }

    private CompletionStage<Grant> ask(OwnKey key, OwnKey signer, @Nullable String token) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        if (token != null) {
            body.put("token", token);
        }
        body.put("agent_id", agentId.value());
        if (certificates) {
            body.put("csr", CertificateRequest.pem(key, agentId));
        } else {
            body.put("public_key", Base64.getEncoder().encodeToString(key.publicKey().array()));
        }
        byte[] bytes = CODEC.encodeObject(body);
        String timestamp = Rfc3339.format(clock.instant());
        String nonce = UUID.randomUUID().toString();
        EnrolmentText text =
                new EnrolmentText(
                        "POST", url.getRawPath(), timestamp, nonce, agentId, Bytes.of(bytes));
        Route route;
        try {
            route = routes.route();
        } catch (IOException e) {
            return CompletableFuture.failedFuture(
                    new NotEnrolled("there is no way to the server: " + e.getMessage()));
        }
        HttpRequest.Builder request =
                HttpRequest.newBuilder(url)
                        .timeout(PATIENCE)
                        .header("Content-Type", "application/json")
                        .header(HandshakeHeaders.AGENT_ID, agentId.value())
                        .header(HandshakeHeaders.TIMESTAMP, timestamp)
                        .header(HandshakeHeaders.NONCE, nonce)
                        .header(HandshakeHeaders.SIGNATURE, signer.sign(text))
                        .header(HandshakeHeaders.KEY_ID, signer.keyId())
                        .POST(HttpRequest.BodyPublishers.ofByteArray(bytes));
        route.headers().forEach(request::header);
        return route.client()
                .sendAsync(
                        request.build(),
                        BodyHandlers.limiting(
                                BodyHandlers.ofString(StandardCharsets.UTF_8), LONGEST_ANSWER))
                .handle((response, error) -> {
                    try {
                        return grant(key, response, error);
                    } catch (NotEnrolled e) {
                        throw new CompletionException(e);
                    }
                });
    }

    private Grant grant(
            OwnKey key, @Nullable HttpResponse<String> response, @Nullable Throwable error)
            throws NotEnrolled {
        if (response == null) {
            throw new NotEnrolled("no answer: " + error);
        }
        if (response.statusCode() != 200 && response.statusCode() != 201) {
            throw new NotEnrolled(Refused.of(response));
        }
        try {
            return grant(key, CODEC.decodeObject(response.body().getBytes(StandardCharsets.UTF_8)));
        } catch (BadFrame | DateTimeParseException | IOException e) {
            throw new NotEnrolled("the answer cannot be used: " + e.getMessage());
        }
    }

    private Grant grant(OwnKey key, ObjectNode answer) throws IOException {
        String agent = text(answer, "agent_id");
        if (agent != null && !agent.equals(agentId.value())) {
            throw new IOException("it is for " + agent);
        }
        String keyId = text(answer, "key_id");
        if (keyId == null || !KEY_ID.matcher(keyId).matches()) {
            throw new IOException("it names no key_id");
        }
        String createdAt = text(answer, "created_at");
        String expiresAt = text(answer, "expires_at");
        Instant since = createdAt == null ? clock.instant() : Rfc3339.parse(createdAt);
        return new Grant(
                keyId,
                since,
                expiresAt == null ? null : Rfc3339.parse(expiresAt),
                certificates ? certificate(key, answer) : List.of());
    }

    /** A certificate of another key would be of no use: TLS would not accept it. */
    private static List<X509Certificate> certificate(OwnKey key, ObjectNode answer)
            throws IOException {
        String text = text(answer, "certificate");
        if (text == null) {
            throw new IOException("it has no certificate, which enroll_certificate asks for");
        }
        try {
            List<X509Certificate> chain = Pem.certificates(text);
            byte[] certified = HandshakeSignature.raw(chain.getFirst().getPublicKey());
            if (!Bytes.of(certified).equals(key.publicKey())) {
                throw new IOException("its first certificate is of another key");
            }
            return new ClientCertificate(key.privateKey(), chain).chain();
        } catch (CertificateException | IllegalArgumentException e) {
            throw new IOException("its certificate cannot be used: " + e.getMessage(), e);
        }
    }

    private static @Nullable String text(ObjectNode answer, String name) {
        JsonNode value = answer.path(name);
        return value.isString() ? value.stringValue() : null;
    }
}
