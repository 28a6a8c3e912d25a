package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.viworks.admin.ApiServer.Answer;
import io.viworks.admin.authority.Fingerprints;
import io.viworks.admin.authority.Pem;
import io.viworks.testkit.TestPostgres;
import io.viworks.testkit.TestRedis;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
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

    @Test
    void answersTwoWhoAskAtOnceTheSame() {
        KeyPair key = Enrolling.newKey();
        String token = token("cert-race");

        List<CompletableFuture<List<X509Certificate>>> asked =
                IntStream.range(0, 6)
                        .mapToObj(_ ->
                                CompletableFuture.supplyAsync(() ->
                                        chain(
                                                Enrolling.at(api, "cert-race")
                                                        .token(token)
                                                        .key(key)
                                                        .certified()
                                                        .send())))
                        .toList();

        assertThat(asked.stream().map(CompletableFuture::join).distinct()).hasSize(1);
        assertThat(states("cert-race")).hasSize(2);
    }

    @Test
    void isAcceptedByOpenssl(@TempDir Path folder) throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/openssl")), "openssl is not installed");
        Answer answer =
                Enrolling.at(api, "cert-openssl").token(token("cert-openssl")).certified().send();
        X509Certificate own = chain(answer).getFirst();
        Path leaf = folder.resolve("leaf.pem");
        Files.writeString(leaf, TestAuthority.pem(own));
        List<String> verify =
                List.of(
                        "/usr/bin/openssl",
                        "verify",
                        "-x509_strict",
                        "-purpose",
                        "sslclient",
                        "-crl_check",
                        "-CAfile",
                        authority.certificateFile().toString(),
                        "-CRLfile",
                        list.toString(),
                        leaf.toString());

        assertThat(run(verify)).endsWith(": OK\n");

        revoke("cert-openssl", answer.json().path("key_id").asString());
        await().untilAsserted(() -> assertThat(run(verify)).contains("certificate revoked"));
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }

    private void revoke(String agentId, String keyId) {
        Answer answer =
                api.send(
                        api.request(
                                        "/admin/api/gateways/" + agentId + "/credentials/" + keyId,
                                        ApiServer.ADMIN)
                                .DELETE());
        assertThat(answer.status()).as(answer.body()).isEqualTo(204);
    }

    private boolean isListed(X509Certificate certificate) {
        return revocations().getRevokedCertificate(certificate) != null;
    }

    @Test
    void revokesAKeyAndItsCertificateTogether() {
        Answer answer =
                Enrolling.at(api, "cert-revoke").token(token("cert-revoke")).certified().send();
        X509Certificate own = chain(answer).getFirst();
        validates(own);
        String fingerprints = "HGET viw:dir:cert-revoke fingerprints";
        await().until(() -> api.redis().command(fingerprints).equals("$64"));

        revoke("cert-revoke", "sha256:" + fingerprint(own));

        assertThat(states("cert-revoke")).containsExactly("ed25519 revoked", "certificate revoked");
        await().until(() -> api.redis().command(fingerprints).equals("$0"));
        await().until(() -> isListed(own));
        assertThatThrownBy(() -> validate(own))
                .isInstanceOfSatisfying(
                        CertPathValidatorException.class,
                        e -> assertThat(e.getReason()).isEqualTo(BasicReason.REVOKED));
    }

    /**
     * The bridge's own look must fit into 2 s with this. Four that are waited for one after another
     * would take three seconds at least if each waited for the look of the next second; a machine
     * that was held up for a moment tries again.
     */
    @Test
    void tellsARevocationWithoutWaitingForTheNextLook() {
        AtomicInteger round = new AtomicInteger();

        await().pollInterval(Duration.ofMillis(10))
                .until(() ->
                        timeToTellFour("cert-now-" + round.incrementAndGet())
                                        .compareTo(Duration.ofSeconds(2))
                                < 0);
    }

    private Duration timeToTellFour(String prefix) {
        List<String> agents = IntStream.range(0, 4).mapToObj(i -> prefix + "-" + i).toList();
        List<X509Certificate> certificates =
                agents.stream()
                        .map(id ->
                                chain(Enrolling.at(api, id).token(token(id)).certified().send())
                                        .getFirst())
                        .toList();
        for (String id : agents) {
            await().until(() ->
                    api.redis().command("HGET viw:dir:" + id + " fingerprints").equals("$64"));
        }
        long begun = System.nanoTime();
        for (int i = 0; i < agents.size(); i++) {
            String id = agents.get(i);
            X509Certificate own = certificates.get(i);
            revoke(id, "sha256:" + fingerprint(own));
            await().pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(5))
                    .until(() ->
                            api.redis().command("HGET viw:dir:" + id + " fingerprints").equals("$0")
                                    && isListed(own));
        }
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    private void validates(X509Certificate certificate) {
        try {
            validate(certificate);
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** As telemetry-writer does after a HELLO. */
    private void connects(String agentId, String credential) {
        api.sql(
                "update os_gateways set credential = '%s' where agent_id = '%s'"
                        .formatted(credential, agentId));
    }

    @Test
    void endsTheOlderPairWhenEitherHalfOfTheNewOneHasConnected() {
        KeyPair older = Enrolling.newKey();
        Answer first =
                Enrolling.at(api, "cert-turn")
                        .token(token("cert-turn"))
                        .key(older)
                        .certified()
                        .send();
        X509Certificate old = chain(first).getFirst();
        connects("cert-turn", Enrolling.keyId(older));
        await().untilAsserted(() ->
                assertThat(states("cert-turn"))
                        .containsExactly("ed25519 active", "certificate active"));
        KeyPair newer = Enrolling.newKey();

        Answer renewed =
                Enrolling.at(api, "cert-turn").key(newer).signedBy(older).certified().send();
        X509Certificate own = chain(renewed).getFirst();
        assertThat(states("cert-turn"))
                .containsExactly(
                        "ed25519 active",
                        "certificate active",
                        "ed25519 pending",
                        "certificate pending");
        validates(old);

        connects("cert-turn", "sha256:" + fingerprint(own));

        await().untilAsserted(() ->
                assertThat(states("cert-turn"))
                        .containsExactly(
                                "ed25519 revoked",
                                "certificate revoked",
                                "ed25519 active",
                                "certificate active"));
        await().until(() -> isListed(old));
        validates(own);
        assertThat(
                        Enrolling.at(api, "cert-turn")
                                .key(newer)
                                .signedBy(older)
                                .certified()
                                .send()
                                .code())
                .isEqualTo("bad_signature");
    }

    @Test
    void dropsTheUnusedPairWhenAnotherIsEnrolled() {
        KeyPair own = Enrolling.newKey();
        Enrolling.at(api, "cert-drop").token(token("cert-drop")).key(own).certified().send();
        connects("cert-drop", Enrolling.keyId(own));
        await().untilAsserted(() ->
                assertThat(states("cert-drop"))
                        .containsExactly("ed25519 active", "certificate active"));
        Enrolling.at(api, "cert-drop").signedBy(own).certified().send();

        Enrolling.at(api, "cert-drop").signedBy(own).certified().send();

        assertThat(states("cert-drop"))
                .containsExactly(
                        "ed25519 active",
                        "certificate active",
                        "ed25519 revoked",
                        "certificate revoked",
                        "ed25519 pending",
                        "certificate pending");
    }

    @Test
    void issuesNoCertificateForAKeyThatHasNone() {
        KeyPair key = Enrolling.newKey();
        String token = token("cert-late");
        Enrolling.at(api, "cert-late").token(token).key(key).send();

        Answer answer = Enrolling.at(api, "cert-late").token(token).key(key).certified().send();

        assertThat(answer.code()).isEqualTo("key_in_use");
    }

    @Test
    void answersARevokedPairNoMore() {
        KeyPair key = Enrolling.newKey();
        String token = token("cert-over");
        Enrolling.at(api, "cert-over").token(token).key(key).certified().send();
        revoke("cert-over", Enrolling.keyId(key));

        Answer answer = Enrolling.at(api, "cert-over").token(token).key(key).certified().send();

        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.code()).isEqualTo("revoked");
    }

    @Test
    void endsACertificateAloneWhenItsTimeIsOver() {
        Enrolling.at(api, "cert-aged").token(token("cert-aged")).certified().send();
        api.sql(
                "update agent_credentials set expires_at = now() - interval '1 s'"
                        + " where agent_id = 'cert-aged' and kind = 'certificate'");

        await().untilAsserted(() ->
                assertThat(states("cert-aged"))
                        .containsExactly("ed25519 pending", "certificate revoked"));
        await().until(() ->
                api.redis().command("HGET viw:dir:cert-aged fingerprints").equals("$0"));
        assertThat(api.redis().command("HGET viw:dir:cert-aged keys")).isEqualTo("$109");
    }

    @Test
    void refusesARequestThatShowsNoKeyAndUsesNoToken() {
        String token = token("cert-bad");
        KeyPair key = Enrolling.newKey();
        String good = TestAuthority.request(key, "CN=x");
        KeyPair other = TestAuthority.key("EC");
        Map<String, String> bad = new TreeMap<>();
        bad.put("another's signature", TestAuthority.request(key, Enrolling.newKey(), "CN=x"));
        bad.put("an EC key", TestAuthority.request(other, "CN=x"));
        bad.put("an Ed25519 key signed by an EC key", TestAuthority.request(key, other, "CN=x"));
        bad.put("no PEM", "MIIB");
        bad.put("nothing", "");
        bad.put("two of them", good + good);
        bad.put("a certificate", TestAuthority.pem(authority.certificate()));
        bad.put("a part of it", Pem.encode("CERTIFICATE REQUEST", new byte[] {0x30, 0x10, 0x02}));
        bad.put("a number", Pem.encode("CERTIFICATE REQUEST", new byte[] {0x02, 0x01, 0x01}));
        bad.put("too long", good + " ".repeat(5000));
        byte[] deep = new byte[2800];
        for (int i = 0; i < deep.length; i += 2) {
            deep[i] = 0x30;
            deep[i + 1] = (byte) 0x80;
        }
        bad.put("deep", Pem.encode("CERTIFICATE REQUEST", deep));
        byte[] more = Arrays.copyOf(der(good), der(good).length + 3);
        bad.put("bytes behind it", Pem.encode("CERTIFICATE REQUEST", more));

        bad.forEach((what, csr) -> {
            Answer answer = Enrolling.at(api, "cert-bad").token(token).key(key).csr(csr).send();
            assertThat(answer.status()).as(what + answer.body()).isEqualTo(422);
            assertThat(answer.json().path("errors").path(0).path("pointer").asString())
                    .as(what)
                    .isEqualTo("/csr");
        });
        assertThat(states("cert-bad")).isEmpty();
        chain(Enrolling.at(api, "cert-bad").token(token).key(key).csr(good).send());
    }

    private static byte[] der(String pem) {
        return Pem.decode(pem, Set.of("CERTIFICATE REQUEST"), 10_000);
    }

    @Test
    void refusesAKeyBesideARequest() {
        KeyPair key = Enrolling.newKey();
        Enrolling enrolling = Enrolling.at(api, "cert-both").token(token("cert-both")).key(key);
        String body = enrolling.body();
        String both =
                body.substring(0, body.length() - 1)
                        + ", \"csr\": \""
                        + TestAuthority.request(key, "CN=x").replace("\n", "\\n")
                        + "\"}";

        Answer answer = enrolling.sending(both).send();

        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.json().path("errors").path(0).path("pointer").asString())
                .isEqualTo("/public_key");
    }

    @Test
    void saysThatCertificatesAreNotIssuedWithoutAnAuthority() {
        ApiServer plain = ApiServer.shared();
        plain.ready();
        Answer token =
                plain.post(
                        "/admin/api/gateways/register",
                        ApiServer.ADMIN,
                        "{\"agent_id\": \"cert-none\"}");
        String text = token.json().path("token").asString();

        Answer answer = Enrolling.at(plain, "cert-none").token(text).certified().send();

        assertThat(answer.status()).isEqualTo(409);
        assertThat(answer.code()).isEqualTo("certificates_unavailable");
        assertThat(Enrolling.at(plain, "cert-none").token(text).send().status()).isEqualTo(200);
    }

    @Test
    void writesTheListAnewWhenItsFileIsGone() throws Exception {
        await().until(() -> Files.exists(list));
        Files.delete(list);

        await().until(() -> Files.exists(list));
        revocations().verify(authority.certificate().getPublicKey());
    }

    @Test
    void keepsOneListWithOtherReplicasWhoeverRevokes(@TempDir Path folder) {
        Path theirs = folder.resolve("theirs.pem");
        try (ApiServer replica = ApiServer.on(api.database(), redis, authority.settings(theirs))) {
            replica.ready();
            KeyPair key = Enrolling.newKey();
            String token = token("cert-moved");
            assertThat(
                            chain(
                                    Enrolling.at(replica, "cert-moved")
                                            .token(token)
                                            .key(key)
                                            .certified()
                                            .send()))
                    .as("an answer that was lost with its replica")
                    .isEqualTo(
                            chain(
                                    Enrolling.at(api, "cert-moved")
                                            .token(token)
                                            .key(key)
                                            .certified()
                                            .send()));
            List<X509Certificate> certificates =
                    IntStream.range(0, 12)
                            .mapToObj(i -> {
                                String id = "cert-many-" + i;
                                return chain(
                                                Enrolling.at(api, id)
                                                        .token(token(id))
                                                        .certified()
                                                        .send())
                                        .getFirst();
                            })
                            .toList();
            BigInteger before = number();
            List<CompletableFuture<Void>> revocations =
                    IntStream.range(0, 12)
                            .mapToObj(i ->
                                    CompletableFuture.runAsync(() -> {
                                        String path =
                                                "/admin/api/gateways/cert-many-%d/credentials/sha256:%s"
                                                        .formatted(
                                                                i,
                                                                fingerprint(certificates.get(i)));
                                        ApiServer to = i % 2 == 0 ? api : replica;
                                        to.send(to.request(path, ApiServer.ADMIN).DELETE());
                                    }))
                            .toList();
            revocations.forEach(CompletableFuture::join);

            await().untilAsserted(() -> {
                assertThat(certificates).allMatch(this::isListed);
                assertThat(Files.readString(theirs)).isEqualTo(Files.readString(list));
            });
            assertThat(number()).isGreaterThan(before);
            assertThat(
                            api.query(
                                    "select count(*) from agent_credentials where issuer is not"
                                            + " null and status = 'revoked' and crl_number is null"
                                            + " and expires_at > now()"))
                    .containsExactly("0");
        }
    }

    private BigInteger number() {
        byte[] value = revocations().getExtensionValue("2.5.29.20");
        // An octet string that holds an integer: 04 len 02 len value.
        return new BigInteger(Arrays.copyOfRange(value, 4, value.length));
    }

    @Test
    void renewsTheListLongBeforeItIsOver() {
        await().until(() -> Files.exists(list));
        BigInteger before = number();
        assertThat(revocations().getNextUpdate().toInstant())
                .isBetween(
                        Instant.now().plus(Duration.ofDays(6)),
                        Instant.now().plus(Duration.ofDays(8)));
        api.sql("update revocation_lists set next_update = now() + interval '3 days'");
        // A replica that starts now finds a list in the second half of its life.
        try (ApiServer replica = ApiServer.on(api.database(), redis, authority.settings(list))) {
            replica.ready();
            await().until(() -> number().compareTo(before) > 0);
        }
    }

    @Test
    void saysByItsHealthThatTheListCannotBeWritten(@TempDir Path folder) {
        try (ApiServer replica =
                ApiServer.on(
                        api.database(), redis, authority.settings(folder.resolve("none/crl")))) {
            replica.ready();
            await().untilAsserted(() ->
                    assertThat(replica.management("/actuator/health").body())
                            .contains("edges that read the list"));
            assertThat(replica.management("/actuator/health/liveness").status()).isEqualTo(200);
        }
    }

    @Test
    void listsTheCertificatesOfADecommissionedGateway() {
        X509Certificate own =
                chain(Enrolling.at(api, "cert-gone").token(token("cert-gone")).certified().send())
                        .getFirst();

        api.send(api.request("/admin/api/gateways/cert-gone", ApiServer.ADMIN).DELETE());

        await().until(() -> isListed(own));
    }

    @Test
    void leavesOutOfTheListWhatIsOverAnyway() {
        X509Certificate own =
                chain(Enrolling.at(api, "cert-past").token(token("cert-past")).certified().send())
                        .getFirst();
        revoke("cert-past", "sha256:" + fingerprint(own));
        await().until(() -> isListed(own));
        api.sql(
                "update agent_credentials set expires_at = now() - interval '1 s'"
                        + " where agent_id = 'cert-past'");
        Answer next = Enrolling.at(api, "cert-next").token(token("cert-next")).certified().send();

        revoke("cert-next", next.json().path("key_id").asString());

        await().until(() -> isListed(chain(next).getFirst()));
        assertThat(isListed(own)).isFalse();
    }

    @Test
    void issuesNothingThatOutlivesTheAuthority(@TempDir Path folder) {
        Instant end = Instant.now().plus(Duration.ofHours(2)).truncatedTo(ChronoUnit.SECONDS);
        TestAuthority ending = TestAuthority.in(folder, "EC", end);
        try (ApiServer brief =
                ApiServer.start(
                        TestPostgres.shared(), redis, ending.settings(folder.resolve("crl")))) {
            brief.ready();
            String token =
                    brief.post(
                                    "/admin/api/gateways/register",
                                    ApiServer.ADMIN,
                                    "{\"agent_id\": \"cert-short\"}")
                            .json()
                            .path("token")
                            .asString();

            X509Certificate own =
                    chain(Enrolling.at(brief, "cert-short").token(token).certified().send())
                            .getFirst();

            assertThat(own.getNotAfter().toInstant()).isEqualTo(end);
        }
    }

    private static String fingerprint(X509Certificate certificate) {
        try {
            return HexFormat.of().formatHex(Fingerprints.sha256(certificate.getEncoded()).array());
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }
}
