package io.viworks.admin.oidc;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads an issuer's keys: its description (OpenID Connect Discovery 1.0, section 4), then the JWK
 * set (RFC 7517) that it names. Follows no redirect and reads no more than {@value #MAX_BYTES}
 * bytes. Thread-safe.
 */
final class IssuerClient implements IssuerKeys.Source, AutoCloseable {
    /** Longest answer in bytes. */
    static final int MAX_BYTES = 256 * 1024;

    /** Most keys of one set: each may have to be tried. */
    static final int MAX_KEYS = 50;

    /** Shortest RSA key in bits that counts. */
    private static final int MIN_RSA_BITS = 2048;

    private static final Duration CONNECT = Duration.ofSeconds(2);
    private static final Duration ANSWER = Duration.ofSeconds(3);

    private final HttpClient http =
            HttpClient.newBuilder()
                    .connectTimeout(CONNECT)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .build();
    private final URI issuer;
    private final JsonMapper json;

    IssuerClient(URI issuer, JsonMapper json) {
        this.issuer = issuer;
        this.json = json;
    }

    @Override
    public List<JWK> read() throws IOException {
        JsonNode description = object(get(descriptionOf(issuer)));
        if (!description.path("issuer").asString("").equals(issuer.toString())) {
            throw new IOException("the description at " + issuer + " is of another issuer");
        }
        URI keys = OidcSettings.safe(description.path("jwks_uri").asString(""));
        if (keys == null) {
            throw new IOException("the description at " + issuer + " names no https jwks_uri");
        }
        return usable(get(keys));
    }

    private static URI descriptionOf(URI issuer) {
        String base = issuer.toString();
        String stem = base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
        return URI.create(stem + "/.well-known/openid-configuration");
    }

    /** The keys that may verify here: public RSA keys of some length, and P-256. */
    private static List<JWK> usable(String set) throws IOException {
        List<JWK> keys;
        try {
            keys = JWKSet.parse(set).getKeys();
        } catch (ParseException e) {
            throw new IOException("the issuer's keys are no JWK set", e);
        }
        if (keys.size() > MAX_KEYS) {
            throw new IOException("the issuer has more than " + MAX_KEYS + " keys");
        }
        return keys.stream().filter(IssuerClient::mayVerify).map(JWK::toPublicJWK).toList();
    }

    private static boolean mayVerify(JWK key) {
        return switch (key) {
            case RSAKey rsa -> bits(rsa) >= MIN_RSA_BITS;
            case ECKey curve -> curve.getCurve().equals(Curve.P_256);
            default -> false; // also "oct": a secret of ours would be no secret
        };
    }

    private static int bits(RSAKey key) {
        try {
            return key.toRSAPublicKey().getModulus().bitLength();
        } catch (JOSEException e) {
            return 0;
        }
    }

    private JsonNode object(String text) throws IOException {
        try {
            return json.readTree(text);
        } catch (JacksonException e) {
            throw new IOException("the description at " + issuer + " is no JSON", e);
        }
    }

    private String get(URI from) throws IOException {
        HttpRequest request =
                HttpRequest.newBuilder(from)
                        .timeout(ANSWER)
                        .header("Accept", "application/json")
                        .GET()
                        .build();
        try {
            HttpResponse<InputStream> answer =
                    http.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = answer.body()) {
                if (answer.statusCode() != 200) {
                    throw new IOException(from + " answered " + answer.statusCode());
                }
                byte[] bytes = body.readNBytes(MAX_BYTES + 1);
                if (bytes.length > MAX_BYTES) {
                    throw new IOException(from + " answered more than " + MAX_BYTES + " bytes");
                }
                return new String(bytes, StandardCharsets.UTF_8);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
