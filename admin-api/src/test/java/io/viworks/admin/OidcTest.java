package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import io.viworks.testkit.TestPostgres;
import io.viworks.testkit.TestRedis;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Tokens of a real issuer on loopback against the API as it runs. */
final class OidcTest {
    private static final RSAKey RSA = LocalIssuer.rsa("rsa-1");
    private static final ECKey EC = LocalIssuer.ec("ec-1");
    private static final LocalIssuer ISSUER = LocalIssuer.start().publish(RSA, EC);
    private static final LocalIssuer STRANGER = LocalIssuer.start().publish(RSA, EC);
    private static final ApiServer API =
            ApiServer.start(TestPostgres.shared(), TestRedis.start(), settings(ISSUER.url()))
                    .ready();

    private static String[] settings(String issuer) {
        return new String[] {
            "--VIW_OIDC_ISSUER=" + issuer, "--VIW_OIDC_AUDIENCE=" + LocalIssuer.AUDIENCE
        };
    }

    @BeforeAll
    static void twoGateways() {
        API.sql(
                """
                insert into os_gateways (agent_id, site, status, supported_verbs, auth) values
                ('gw-berlin', 'berlin', 'disconnected', '["echo"]', 'shared'),
                ('gw-paris', 'paris', 'disconnected', '["echo"]', 'shared');
                """);
    }

    @AfterAll
    static void end() {
        API.close();
        ISSUER.close();
        STRANGER.close();
    }

    private static int status(String token) {
        return API.get("/admin/api/gateways", token).status();
    }

    @Test
    void letsACallerInByATokenOfTheIssuerOfEitherAlgorithm() {
        assertThat(status(ISSUER.token(RSA, _ -> {}))).isEqualTo(200);
        assertThat(status(ISSUER.token(EC, _ -> {}))).isEqualTo(200);
        JWSHeader access =
                new JWSHeader.Builder(JWSAlgorithm.PS256)
                        .type(new JOSEObjectType("at+jwt"))
                        .keyID("rsa-1")
                        .build();
        assertThat(status(LocalIssuer.sign(RSA, access, ISSUER.claims(_ -> {})))).isEqualTo(200);
    }

    @Test
    void leavesApiTokensAsTheyWere() {
        assertThat(status(ApiServer.VIEWER)).isEqualTo(200);
        assertThat(status("eyJhbGciOiJub25lIn0.e30.")).isEqualTo(401);
    }

    @Test
    void givesTheRightsThatTheClaimsName() {
        String viewer = ISSUER.token(RSA, claims -> claims.claim("viw_role", "viewer"));
        assertThat(send(viewer, "gw-berlin", "echo").code()).isEqualTo("forbidden");
        String berlin = ISSUER.token(RSA, claims -> claims.claim("viw_sites", List.of("berlin")));
        assertThat(send(berlin, "gw-berlin", "echo").status()).isEqualTo(202);
        assertThat(send(berlin, "gw-paris", "echo").code()).isEqualTo("unknown_gateway");
        assertThat(API.get("/admin/api/gateways", berlin).body())
                .contains("gw-berlin")
                .doesNotContain("gw-paris");
        String verbs = ISSUER.token(EC, claims -> claims.claim("viw_verbs", "agent_info"));
        assertThat(send(verbs, "gw-berlin", "echo").code()).isEqualTo("verb_forbidden");
        String admin = ISSUER.token(RSA, claims -> claims.claim("viw_role", "admin"));
        assertThat(API.get("/admin/api/dead-letters", admin).status()).isEqualTo(200);
        String someAdmin =
                ISSUER.token(
                        RSA,
                        claims -> claims.claim("viw_role", "admin").claim("viw_sites", "berlin"));
        assertThat(API.get("/admin/api/dead-letters", someAdmin).status()).isEqualTo(403);
    }

    @Test
    void takesTheHighestOfSeveralRolesAndIgnoresForeignOnes() {
        String both =
                ISSUER.token(
                        RSA,
                        claims -> claims.claim("viw_role", List.of("viewer", "root", "admin")));
        assertThat(API.get("/admin/api/dead-letters", both).status()).isEqualTo(200);
    }

    @Test
    void refusesATokenThatNamesNoRoleOrAnEmptyLimit() {
        for (Map<String, Object> claims :
                List.<Map<String, Object>>of(
                        Map.of("viw_role", "root"),
                        Map.of("viw_role", 7),
                        Map.of("viw_role", List.of()),
                        Map.of("viw_role", Map.of("admin", true)),
                        Map.of("viw_sites", List.of()),
                        Map.of("viw_sites", 7),
                        Map.of("viw_sites", List.of("berlin", 7)),
                        Map.of("viw_sites", ""),
                        Map.of("viw_verbs", List.of()),
                        Map.of("viw_verbs", Map.of()))) {
            String token = ISSUER.token(RSA, builder -> claims.forEach(builder::claim));
            ApiServer.Answer answer = API.get("/admin/api/gateways", token);
            assertThat(answer.status()).as(claims.toString()).isEqualTo(403);
            assertThat(answer.code()).isEqualTo("forbidden");
        }
        String without = ISSUER.token(RSA, claims -> claims.claim("viw_role", null));
        assertThat(status(without)).isEqualTo(403);
        String raw =
                "{\"iss\":\"%s\",\"aud\":\"viworks\",\"sub\":\"n\",\"exp\":%d,\"viw_role\":\"admin\",\"viw_sites\":null}"
                        .formatted(ISSUER.url(), Instant.now().getEpochSecond() + 60);
        assertThat(status(signed(raw))).isIn(401, 403);
        await().untilAsserted(() ->
                assertThat(
                                API.query(
                                        "select who from audit_log where outcome = 'forbidden'"
                                                + " and what = 'refused GET /…'"))
                        .contains("oidc:127.0.0.1:alice"));
    }

    @Test
    void signsWhatItDoesWithItsIssuerAndSubject() {
        String bob = ISSUER.token(RSA, claims -> claims.subject("bob"));
        assertThat(send(bob, "gw-paris", "echo").status()).isEqualTo(202);
        assertThat(API.query("select who from audit_log where what = 'command.accept'"))
                .contains("oidc:127.0.0.1:bob");
        String odd =
                ISSUER.token(RSA, claims -> claims.subject("eve\n\u001b[31m" + "x".repeat(3000)));
        assertThat(send(odd, "gw-paris", "echo").status()).isEqualTo(202);
        assertThat(
                        API.query(
                                "select who from audit_log where who like"
                                        + " 'oidc:127.0.0.1:sha256-%'"))
                .isNotEmpty()
                .allSatisfy(
                        who -> assertThat(who).matches("oidc:127\\.0\\.0\\.1:sha256-[0-9a-f]{64}"));
        assertThat(status(ISSUER.token(RSA, claims -> claims.subject(null)))).isEqualTo(401);
    }

    @Test
    void refusesTokensThatNobodySigned() throws JOSEException {
        JWTClaimsSet claims = ISSUER.claims(_ -> {});
        assertThat(status(new PlainJWT(claims).serialize())).isEqualTo(401);
        String good = ISSUER.token(RSA, _ -> {});
        String[] parts = good.split("\\.", -1);
        assertThat(status(parts[0] + "." + parts[1] + ".")).isEqualTo(401);
        for (String none : List.of("none", "None", "nOnE", "NONE")) {
            assertThat(status(b64("{\"alg\":\"" + none + "\"}") + "." + parts[1] + "."))
                    .isEqualTo(401);
            assertThat(status(b64("{\"alg\":\"" + none + "\"}") + "." + parts[1] + "." + parts[2]))
                    .isEqualTo(401);
        }
        String admin = ISSUER.token(RSA, builder -> builder.claim("viw_role", "admin"));
        assertThat(status(parts[0] + "." + admin.split("\\.", -1)[1] + "." + parts[2]))
                .isEqualTo(401);
    }

    @Test
    void refusesASharedSecretMadeOfThePublicKey() throws JOSEException {
        RSAPublicKey published = RSA.toRSAPublicKey();
        for (byte[] secret :
                List.of(
                        published.getEncoded(),
                        RSA.toPublicJWK().toJSONString().getBytes(StandardCharsets.UTF_8),
                        ("-----BEGIN PUBLIC KEY-----\n"
                                        + Base64.getMimeEncoder(64, new byte[] {'\n'})
                                                .encodeToString(published.getEncoded())
                                        + "\n-----END PUBLIC KEY-----\n")
                                .getBytes(StandardCharsets.US_ASCII))) {
            SignedJWT jwt =
                    new SignedJWT(
                            new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("rsa-1").build(),
                            ISSUER.claims(_ -> {}));
            jwt.sign(new MACSigner(secret));
            assertThat(status(jwt.serialize())).isEqualTo(401);
        }
    }

    @Test
    void refusesOtherIssuersAudiencesAndTimes() {
        assertThat(status(STRANGER.token(RSA, _ -> {}))).isEqualTo(401);
        assertThat(status(ISSUER.token(RSA, c -> c.issuer(ISSUER.url() + "/")))).isEqualTo(401);
        assertThat(status(ISSUER.token(RSA, c -> c.issuer(null)))).isEqualTo(401);
        assertThat(status(ISSUER.token(RSA, c -> c.audience("another")))).isEqualTo(401);
        assertThat(status(ISSUER.token(RSA, c -> c.audience((String) null)))).isEqualTo(401);
        assertThat(status(ISSUER.token(RSA, c -> c.audience(List.of("a", "viworks")))))
                .isEqualTo(200);
        assertThat(status(ISSUER.token(RSA, c -> c.expirationTime(in(-60))))).isEqualTo(401);
        assertThat(status(ISSUER.token(RSA, c -> c.expirationTime(in(-5))))).isEqualTo(200);
        assertThat(status(ISSUER.token(RSA, c -> c.expirationTime(null)))).isEqualTo(401);
        assertThat(status(ISSUER.token(RSA, c -> c.notBeforeTime(in(120))))).isEqualTo(401);
        assertThat(status(ISSUER.token(RSA, c -> c.notBeforeTime(in(5))))).isEqualTo(200);
    }

    @Test
    void refusesAnotherKeyUnderTheSameName() {
        assertThat(status(ISSUER.token(LocalIssuer.rsa("rsa-1"), _ -> {}))).isEqualTo(401);
        assertThat(status(ISSUER.token(LocalIssuer.ec("ec-1"), _ -> {}))).isEqualTo(401);
    }

    @Test
    void looksForKeysNowhereButAtTheIssuer() throws JOSEException {
        RSAKey own = LocalIssuer.rsa("mine");
        URI elsewhere = URI.create("http://127.0.0.1:" + STRANGER.port() + "/keys");
        STRANGER.publish(own);
        int reads = STRANGER.keyReads();
        for (JWSHeader header :
                List.of(
                        LocalIssuer.header(own).jwkURL(elsewhere).build(),
                        LocalIssuer.header(own).x509CertURL(elsewhere).build(),
                        LocalIssuer.header(own).jwk(own.toPublicJWK()).build(),
                        LocalIssuer.header(own).keyID("rsa-1").jwkURL(elsewhere).build(),
                        LocalIssuer.header(own).keyID("../../../etc/passwd").build(),
                        LocalIssuer.header(own).keyID("http://127.0.0.1/keys").build(),
                        LocalIssuer.header(own).keyID("rsa-1' or '1'='1").build(),
                        LocalIssuer.header(own).keyID("rsa-1\u0000").build(),
                        LocalIssuer.header(own).keyID("").build())) {
            String token = LocalIssuer.sign(own, header, ISSUER.claims(_ -> {}));
            assertThat(status(token)).as(header.toString()).isEqualTo(401);
        }
        JWSHeader ignored =
                LocalIssuer.header(RSA).jwkURL(elsewhere).x509CertURL(elsewhere).build();
        assertThat(status(LocalIssuer.sign(RSA, ignored, ISSUER.claims(_ -> {})))).isEqualTo(200);
        assertThat(STRANGER.keyReads()).isEqualTo(reads);
    }

    @Test
    void refusesWhatIsTooLongOrNoToken() {
        String big = ISSUER.token(RSA, claims -> claims.claim("x", "y".repeat(9_000)));
        assertThat(status(big)).isEqualTo(401);
        JWSHeader critical =
                LocalIssuer.header(RSA)
                        .criticalParams(java.util.Set.of("foo"))
                        .customParam("foo", 1)
                        .build();
        assertThat(status(LocalIssuer.sign(RSA, critical, ISSUER.claims(_ -> {})))).isEqualTo(401);
        JWSHeader logout = LocalIssuer.header(RSA).type(new JOSEObjectType("logout+jwt")).build();
        assertThat(status(LocalIssuer.sign(RSA, logout, ISSUER.claims(_ -> {})))).isEqualTo(401);
        assertThat(status(signed("[1,2,3]"))).isEqualTo(401);
        assertThat(status(signed("{\"iss\":7}"))).isEqualTo(401);
        assertThat(status(signed("{".repeat(2_000)))).isEqualTo(401);
        assertThat(status("eyJ.eyJ.eyJ")).isEqualTo(401);
    }

    @Test
    void learnsOfANewKeyWhenATokenNamesItAndAsksTheIssuerOnlySoOften() {
        RSAKey first = LocalIssuer.rsa("first");
        try (LocalIssuer issuer = LocalIssuer.start().publish(first);
                ApiServer api =
                        ApiServer.start(
                                        TestPostgres.shared(),
                                        TestRedis.start(),
                                        settings(issuer.url()))
                                .ready()) {
            String old = issuer.token(first, _ -> {});
            assertThat(api.get("/admin/api/gateways", old).status()).isEqualTo(200);
            ECKey second = LocalIssuer.ec("second");
            issuer.publish(second);
            String fresh = issuer.token(second, _ -> {});
            assertThat(api.get("/admin/api/gateways", fresh).status()).isEqualTo(200);
            assertThat(api.get("/admin/api/gateways", old).status()).isEqualTo(401);
            for (int i = 0; i < 50; i++) {
                String unknown = issuer.token(LocalIssuer.ec("kid-" + i), _ -> {});
                assertThat(api.get("/admin/api/gateways", unknown).status()).isEqualTo(401);
            }
            assertThat(issuer.keyReads()).isLessThan(8);
        }
    }

    @Test
    void startsAndServesOthersWhileTheIssuerIsAway() {
        LocalIssuer issuer = LocalIssuer.start().publish(RSA);
        issuer.away(true);
        try (issuer;
                ApiServer api =
                        ApiServer.start(
                                        TestPostgres.shared(),
                                        TestRedis.start(),
                                        settings(issuer.url()))
                                .ready()) {
            String token = issuer.token(RSA, _ -> {});
            ApiServer.Answer answer = api.get("/admin/api/gateways", token);
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.code()).isEqualTo("issuer_away");
            assertThat(answer.header("Retry-After")).isNotEmpty();
            assertThat(api.get("/admin/api/gateways", ApiServer.VIEWER).status()).isEqualTo(200);
            assertThat(api.get("/admin/api/gateways", "eyJhbGciOiJub25lIn0.e30.").status())
                    .isEqualTo(401);
            assertThat(api.management("/actuator/health/readiness").status()).isEqualTo(200);
            issuer.away(false);
            await().until(() -> api.get("/admin/api/gateways", token).status() == 200);
            issuer.away(true);
            assertThat(api.get("/admin/api/gateways", token).status()).isEqualTo(200);
        }
    }

    @Test
    void readsNoKeysOfADescriptionThatNamesAnotherIssuer() {
        try (LocalIssuer issuer = LocalIssuer.start().publish(RSA);
                ApiServer api =
                        ApiServer.start(
                                        TestPostgres.shared(),
                                        TestRedis.start(),
                                        settings(issuer.url()))
                                .ready()) {
            issuer.claimToBe("http://127.0.0.1/other");
            assertThat(api.get("/admin/api/gateways", issuer.token(RSA, _ -> {})).status())
                    .isEqualTo(503);
            assertThat(issuer.keyReads()).isZero();
        }
    }

    private static ApiServer.Answer send(String token, String gateway, String verb) {
        return API.post(
                "/admin/api/gateways/" + gateway + "/commands",
                token,
                "{\"command\":\"%s\",\"parameters\":{\"message\":\"x\"}}".formatted(verb));
    }

    private static Date in(int seconds) {
        return Date.from(Instant.now().plusSeconds(seconds));
    }

    private static String b64(String text) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Any payload, signed with the issuer's key. */
    private static String signed(String payload) {
        try {
            com.nimbusds.jose.JWSObject jws =
                    new com.nimbusds.jose.JWSObject(
                            LocalIssuer.header(RSA).build(),
                            new com.nimbusds.jose.Payload(payload));
            jws.sign(new com.nimbusds.jose.crypto.RSASSASigner(RSA));
            return jws.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }
}
