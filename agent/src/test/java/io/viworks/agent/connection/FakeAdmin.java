package io.viworks.agent.connection;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.FrameCodec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.bouncycastle.operator.OperatorException;
import org.bouncycastle.pkcs.PKCSException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What takes keys (spec 2.1, Enrolment), written from the spec's text alone: it checks every
 * signature by itself and is what the {@link FakeBridge} asks which keys are good.
 */
final class FakeAdmin implements AutoCloseable {
    private final HttpServer server;
    private final String scheme;
    private final Map<String, String> keys = new LinkedHashMap<>();
    private final Map<String, String> tokens = new LinkedHashMap<>();
    private final Set<String> revoked = new LinkedHashSet<>();
    private final BlockingQueue<ObjectNode> asked = new LinkedBlockingQueue<>();
    private final Set<String> headers = ConcurrentHashMap.newKeySet();
    private final List<String> doubts = new ArrayList<>();
    private final Map<String, String> certificates = new LinkedHashMap<>();
    private volatile @Nullable TestAuthority authority;
    private volatile Duration certificateLife = Duration.ofDays(365);
    private volatile @Nullable Duration life;
    private volatile boolean lifeOfFirst;
    private volatile InstantSource clock = InstantSource.system();
    private volatile @Nullable CountDownLatch gate;
    private volatile @Nullable CountDownLatch gateOfRenewals;
    private volatile int refusal;

    FakeAdmin() throws IOException {
        this(
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0),
                "http");
    }

    private FakeAdmin(HttpServer server, String scheme) {
        this.server = server;
        this.scheme = scheme;
        server.createContext("/agent/enroll", this::serve);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
    }

    URI url() {
        return URI.create(
                scheme + "://127.0.0.1:" + server.getAddress().getPort() + "/agent/enroll");
    }

    /** A token good for one key. */
    FakeAdmin token(String token) {
        tokens.put(token, "");
        return this;
    }

    /** How long keys taken from now on live; null is for ever. */
    FakeAdmin life(@Nullable Duration newLife) {
        life = newLife;
        return this;
    }

    /** How long keys taken for a token live; those that an older key vouches for, for ever. */
    FakeAdmin lifeOfFirst(Duration newLife) {
        lifeOfFirst = true;
        return life(newLife);
    }

    /** The clock that it dates keys by. */
    FakeAdmin clock(InstantSource other) {
        clock = other;
        return this;
    }

    /**
     * From now on keys come as requests, unless null is given, and are answered with certificates
     * of this life.
     */
    FakeAdmin certifies(@Nullable TestAuthority by, Duration newLife) {
        authority = by;
        certificateLife = newLife;
        return this;
    }

    /** Speaks TLS; agents may show certificates. */
    FakeAdmin(SSLContext tls) throws IOException {
        HttpsServer encrypted =
                HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        encrypted.setHttpsConfigurator(
                new HttpsConfigurator(tls) {
                    @Override
                    public void configure(HttpsParameters parameters) {
                        SSLParameters wanted = getSSLContext().getDefaultSSLParameters();
                        wanted.setWantClientAuth(true);
                        parameters.setSSLParameters(wanted);
                    }
                });
        this(encrypted, "https");
    }

    /** Answers nothing more until the latch that this gives is open; what it is asked it does. */
    CountDownLatch hold() {
        CountDownLatch latch = new CountDownLatch(1);
        gate = latch;
        return latch;
    }

    /** The same, but of keys for which an older one vouches only. */
    CountDownLatch holdRenewals() {
        CountDownLatch latch = new CountDownLatch(1);
        gateOfRenewals = latch;
        return latch;
    }

    /** Answers this status to all; 0 serves again. */
    void refuse(int status) {
        refusal = status;
    }

    synchronized void revoke(String keyId) {
        keys.remove(keyId);
        revoked.add(keyId);
    }

    /** The next request's body. */
    ObjectNode nextAsked() throws InterruptedException {
        ObjectNode body =
                asked.poll(FakeBridge.PATIENCE.toSeconds(), java.util.concurrent.TimeUnit.SECONDS);
        if (body == null) {
            throw new AssertionError("nobody asks for a key");
        }
        return body;
    }

    int waiting() {
        return asked.size();
    }

    /** The names of the keys that are good. */
    synchronized List<String> keyIds() {
        return List.copyOf(keys.keySet());
    }

    /** The names of all headers that came. */
    Set<String> headers() {
        return Set.copyOf(headers);
    }

    /** What was wrong with requests; empty when all was well. */
    synchronized List<String> doubts() {
        return List.copyOf(doubts);
    }

    /** What a bridge answers to these headers; null for an upgrade. */
    synchronized @Nullable String answer(Map<String, String> headers) {
        String keyId = headers.getOrDefault("x-agent-key-id", "");
        String text =
                String.join(
                        "|",
                        "GET",
                        "/agent/ws",
                        headers.getOrDefault("x-timestamp", ""),
                        headers.getOrDefault("x-nonce", ""),
                        headers.getOrDefault("x-agent-id", ""));
        if (revoked.contains(keyId)) {
            return problem(403, "revoked");
        }
        if (headers.containsKey("x-agent-auth")) {
            return problem(401, "credential_required");
        }
        String key = keys.get(keyId);
        String signature = headers.getOrDefault("x-agent-signature", "");
        if (authority != null && !keyId.equals(certificates.get(headers.get("shown")))) {
            return headers.containsKey("shown")
                    ? problem(403, "certificate_mismatch")
                    : problem(401, "certificate_required");
        }
        return key != null && verify(key, text, signature) ? null : problem(401, "bad_signature");
    }

    static String problem(int status, String code) {
        String body = "{\"code\":\"" + code + "\"}";
        return "HTTP/1.1 %d No\r\nContent-Type: application/problem+json\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(status, body.length(), body);
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            exchange.getRequestHeaders()
                    .keySet()
                    .forEach(header -> headers.add(header.toLowerCase(Locale.ROOT)));
            byte[] body = exchange.getRequestBody().readAllBytes();
            ObjectNode request = new FrameCodec().decodeObject(body);
            String answer = refusal == 0 ? taken(exchange, body, request) : null;
            asked.add(request);
            CountDownLatch latch = request.has("token") ? gate : heldRenewals();
            if (latch != null) {
                latch.await();
            }
            byte[] bytes =
                    (answer == null ? "{\"code\":\"%s\"}".formatted(no(request)) : answer)
                            .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(
                    answer != null ? 200 : refusal == 0 ? 401 : refusal, bytes.length);
            exchange.getResponseBody().write(bytes);
        } catch (BadFrame | InterruptedException e) {
            throw new IOException(e);
        }
    }

    private @Nullable CountDownLatch heldRenewals() {
        CountDownLatch renewals = gateOfRenewals;
        return renewals == null ? gate : renewals;
    }

    private static String no(ObjectNode request) {
        return request.has("token") ? "token_invalid" : "bad_signature";
    }

    private synchronized @Nullable String taken(
            HttpExchange exchange, byte[] body, ObjectNode request) {
        TestAuthority certifier = authority;
        String key = (certifier != null) == request.has("csr") ? keyOf(request) : "";
        String token = request.path("token").asString("");
        String signedBy = exchange.getRequestHeaders().getFirst("X-Agent-Key-Id");
        String proved = token.isEmpty() ? keys.get(signedBy) : key;
        String text =
                String.join(
                        "|",
                        "POST",
                        "/agent/enroll",
                        exchange.getRequestHeaders().getFirst("X-Timestamp"),
                        exchange.getRequestHeaders().getFirst("X-Nonce"),
                        exchange.getRequestHeaders().getFirst("X-Agent-Id"),
                        sha256(body));
        String signature = exchange.getRequestHeaders().getFirst("X-Agent-Signature");
        if (proved == null || !verify(proved, text, signature)) {
            doubts.add("signature of " + request.propertyNames());
            return null;
        }
        String keyId = "k-" + sha256(key.getBytes(StandardCharsets.US_ASCII)).substring(0, 12);
        if (!token.isEmpty()) {
            String holder = tokens.get(token);
            if (holder == null || (!holder.isEmpty() && !holder.equals(key))) {
                return null;
            }
            tokens.put(token, key);
        }
        keys.put(keyId, key);
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        Duration lives = lifeOfFirst && token.isEmpty() ? null : life;
        Instant now = clock.instant();
        answer.put("agent_id", "gateway-1").put("key_id", keyId);
        answer.put("created_at", now.toString());
        answer.put("expires_at", lives == null ? null : now.plus(lives).toString());
        if (certifier != null) {
            certify(certifier, request.path("csr").asString(""), keyId, answer);
        }
        return answer.toString();
    }

    private void certify(TestAuthority certifier, String csr, String keyId, ObjectNode answer) {
        try {
            Instant until = Instant.now().plus(certificateLife);
            List<X509Certificate> chain = certifier.answer(csr, "gateway-1", until);
            certificates.put(sha256(chain.getFirst().getEncoded()), keyId);
            answer.put("certificate", TestAuthority.pem(chain.toArray()));
            answer.put("certificate_expires_at", until.toString());
        } catch (IOException | GeneralSecurityException | OperatorException | PKCSException e) {
            doubts.add(e.toString());
        }
    }

    /** The public key of a request, bare or in a request for a certificate. */
    static String keyOf(ObjectNode request) {
        if (!request.has("csr")) {
            return request.path("public_key").asString("");
        }
        String csr = request.path("csr").asString("");
        try {
            return Base64.getEncoder().encodeToString(TestAuthority.rawKey(csr));
        } catch (IOException | GeneralSecurityException e) {
            return "";
        }
    }

    private static boolean verify(String key, String text, String signature) {
        try {
            byte[] prefix = HexFormat.of().parseHex("302a300506032b6570032100");
            byte[] raw = Base64.getDecoder().decode(key);
            byte[] spki = new byte[prefix.length + raw.length];
            System.arraycopy(prefix, 0, spki, 0, prefix.length);
            System.arraycopy(raw, 0, spki, prefix.length, raw.length);
            Signature verifier = Signature.getInstance("Ed25519");
            verifier.initVerify(
                    KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(spki)));
            verifier.update(text.getBytes(StandardCharsets.UTF_8));
            return verifier.verify(Base64.getDecoder().decode(signature));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return false;
        }
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
