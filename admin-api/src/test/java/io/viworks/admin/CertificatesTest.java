package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.admin.ApiServer.Answer;
import io.viworks.testkit.TestPostgres;
import io.viworks.testkit.TestRedis;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.CertPathValidator;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Certificates that agents enrol for, as others see them (spec 2.1). */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class CertificatesTest {
    private TestRedis redis;
    private TestAuthority authority;
    private ApiServer api;
    private Path list;

    @BeforeAll
    void start(@TempDir Path folder) {
        redis = TestRedis.start();
        authority = TestAuthority.in(folder);
        list = folder.resolve("revoked.pem");
        api = ApiServer.start(TestPostgres.shared(), redis, authority.settings(list));
        api.ready();
    }

    @AfterAll
    void stop() {
        api.close();
        redis.close();
    }

    private String token(String agentId) {
        return api.post(
                        "/admin/api/gateways/register",
                        ApiServer.ADMIN,
                        "{\"agent_id\": \"" + agentId + "\"}")
                .json()
                .path("token")
                .asString();
    }

    private static List<X509Certificate> chain(Answer answer) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        try {
            return CertificateFactory.getInstance("X.509")
                    .generateCertificates(
                            new ByteArrayInputStream(
                                    answer.json()
                                            .path("certificate")
                                            .asString()
                                            .getBytes(StandardCharsets.US_ASCII)))
                    .stream()
                    .map(X509Certificate.class::cast)
                    .toList();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private X509CRL revocations() {
        try (var in = Files.newInputStream(list)) {
            return (X509CRL) CertificateFactory.getInstance("X.509").generateCRL(in);
        } catch (IOException | GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** As the JDK judges it, with the revocation list. */
    private void validate(X509Certificate certificate) throws GeneralSecurityException {
        PKIXParameters parameters =
                new PKIXParameters(Set.of(new TrustAnchor(authority.certificate(), null)));
        parameters.setRevocationEnabled(true);
        parameters.addCertStore(
                CertStore.getInstance(
                        "Collection", new CollectionCertStoreParameters(List.of(revocations()))));
        CertPathValidator.getInstance("PKIX")
                .validate(
                        CertificateFactory.getInstance("X.509")
                                .generateCertPath(List.of(certificate)),
                        parameters);
    }

    private List<String> states(String agentId) {
        return api.query(
                "select kind || ' ' || status from agent_credentials where agent_id = '%s'"
                                .formatted(agentId)
                        + " order by id");
    }

    @Test
    void answersARequestWithACertificateThatOthersAccept() throws Exception {
        KeyPair key = Enrolling.newKey();

        Answer answer =
                Enrolling.at(api, "cert-first")
                        .token(token("cert-first"))
                        .key(key)
                        .certified()
                        .send();

        List<X509Certificate> chain = chain(answer);
        assertThat(chain).hasSize(2);
        assertThat(chain.getLast()).isEqualTo(authority.certificate());
        X509Certificate own = chain.getFirst();
        validate(own);
        assertThat(own.getPublicKey()).isEqualTo(key.getPublic());
        assertThat(own.getSubjectX500Principal().getName()).isEqualTo("CN=cert-first");
        assertThat(own.getSubjectAlternativeNames())
                .containsExactly(List.of(6, "urn:viworks:agent:cert-first"));
        assertThat(own.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.2");
        assertThat(own.getBasicConstraints()).isEqualTo(-1);
        assertThat(own.getSerialNumber().bitLength()).isEqualTo(128);
        assertThat(own.getNotBefore().toInstant())
                .isBefore(Instant.now().minus(Duration.ofMinutes(4)));
        assertThat(answer.json().path("certificate_expires_at").asString())
                .isEqualTo(own.getNotAfter().toInstant().toString());
        assertThat(own.getNotAfter().toInstant())
                .isBetween(
                        Instant.now().plus(Duration.ofDays(89)),
                        Instant.now().plus(Duration.ofDays(91)));
        assertThat(answer.json().path("key_id").asString()).isEqualTo(Enrolling.keyId(key));
        assertThat(states("cert-first")).containsExactly("ed25519 pending", "certificate pending");
        await().untilAsserted(() ->
                assertThat(api.redis().command("HGET viw:dir:cert-first fingerprints"))
                        .isEqualTo("$64"));
    }

    @Test
    void answersTheSameAgainWhenTheAnswerWasLost() {
        KeyPair key = Enrolling.newKey();
        String token = token("cert-again");
        List<X509Certificate> first =
                chain(Enrolling.at(api, "cert-again").token(token).key(key).certified().send());

        List<X509Certificate> again =
                chain(Enrolling.at(api, "cert-again").token(token).key(key).certified().send());

        assertThat(again).isEqualTo(first);
        assertThat(states("cert-again")).hasSize(2);
    }
}
