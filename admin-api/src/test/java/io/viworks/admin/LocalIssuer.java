package io.viworks.admin;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** An OpenID Connect issuer on loopback: its description, its keys, and tokens signed with them. */
final class LocalIssuer implements AutoCloseable {
    static final String AUDIENCE = "viworks";

    private final HttpServer http;
    private final AtomicInteger keyReads = new AtomicInteger();
    private final String url;
    private volatile List<JWK> keys = List.of();
    private volatile boolean away;
    private volatile String claimsToBe;

    private LocalIssuer(HttpServer http) {
        this.http = http;
        this.url = "http://127.0.0.1:" + http.getAddress().getPort() + "/realms/ops";
        this.claimsToBe = url;
        http.createContext("/realms/ops/.well-known/openid-configuration", this::describe);
        http.createContext("/keys", this::keys);
        http.start();
    }

    static LocalIssuer start() {
        return startOn(0);
    }

    static LocalIssuer startOn(int port) {
        try {
            return new LocalIssuer(
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String url() {
        return url;
    }

    int port() {
        return http.getAddress().getPort();
    }

    int keyReads() {
        return keyReads.get();
    }

    /** Publishes these keys, and none else. */
    LocalIssuer publish(JWK... published) {
        keys = List.of(published);
        return this;
    }

    /** Whether it answers 500 to everything. */
    void away(boolean is) {
        away = is;
    }

    /** Has its description name another issuer. */
    void claimToBe(String issuer) {
        claimsToBe = issuer;
    }

    private void describe(HttpExchange exchange) throws IOException {
        answer(
                exchange,
                """
                {"issuer":"%s","jwks_uri":"http://127.0.0.1:%d/keys"}\
                """
                        .formatted(claimsToBe, port()));
    }

    private void keys(HttpExchange exchange) throws IOException {
        keyReads.incrementAndGet();
        answer(exchange, new JWKSet(keys).toString());
    }

    private void answer(HttpExchange exchange, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(away ? 500 : 200, bytes.length);
        try (exchange) {
            exchange.getResponseBody().write(bytes);
        }
    }

    static RSAKey rsa(String kid) {
        try {
            return new RSAKeyGenerator(2048).keyID(kid).generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    static ECKey ec(String kid) {
        try {
            return new ECKeyGenerator(Curve.P_256).keyID(kid).generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Claims of a good token for this service, with changes. */
    JWTClaimsSet claims(Consumer<JWTClaimsSet.Builder> changes) {
        Instant now = Instant.now();
        JWTClaimsSet.Builder claims =
                new JWTClaimsSet.Builder()
                        .issuer(url)
                        .audience(AUDIENCE)
                        .subject("alice")
                        .claim("viw_role", "operator")
                        .issueTime(Date.from(now.minusSeconds(600)))
                        .expirationTime(Date.from(now.plusSeconds(300)));
        changes.accept(claims);
        return claims.build();
    }

    /** A token signed with a key, under its own id. */
    String token(JWK key, Consumer<JWTClaimsSet.Builder> changes) {
        return sign(key, header(key).build(), claims(changes));
    }

    static JWSHeader.Builder header(JWK key) {
        JWSAlgorithm algorithm = key instanceof RSAKey ? JWSAlgorithm.RS256 : JWSAlgorithm.ES256;
        return new JWSHeader.Builder(algorithm).type(JOSEObjectType.JWT).keyID(key.getKeyID());
    }

    static String sign(JWK key, JWSHeader header, JWTClaimsSet claims) {
        try {
            JWSSigner signer =
                    switch (key) {
                        case RSAKey rsa -> new RSASSASigner(rsa);
                        case ECKey curve -> new ECDSASigner(curve);
                        default -> throw new IllegalArgumentException(key.getKeyType().getValue());
                    };
            SignedJWT jwt = new SignedJWT(header, claims);
            jwt.sign(signer);
            return jwt.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        http.stop(0);
    }
}
