package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.admin.ApiServer.Answer;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Join tokens, and what an agent gets for one (spec 2.1, Enrolment). */
final class EnrolmentTest {
    private static final ApiServer API = ApiServer.shared();

    @BeforeAll
    static void start() {
        API.ready();
    }

    private static void refused(Answer answer, int status, String code) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.code()).isEqualTo(code);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
    }

    private static String registered(String agentId) {
        return made("/admin/api/gateways/register", "{\"agent_id\": \"" + agentId + "\"}");
    }

    private static String token(String body) {
        return made("/admin/api/enrollment-tokens", body);
    }

    private static String made(String path, String body) {
        Answer answer = API.post(path, ApiServer.ADMIN, body);
        assertThat(answer.status()).as(answer.body()).isEqualTo(201);
        return answer.json().path("token").asString();
    }

    private static List<String> keys(String agentId) {
        return API.query(
                "select status from agent_credentials where agent_id = '%s' order by id"
                        .formatted(agentId));
    }

    // ---- by token

    @Test
    void enrolsAKeyByTheTokenOfARegisteredGateway() {
        String token = registered("enrol-first");
        KeyPair key = Enrolling.newKey();

        Answer answer = Enrolling.at(API, "enrol-first").token(token).key(key).send();

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.json().path("agent_id").asString()).isEqualTo("enrol-first");
        assertThat(answer.json().path("key_id").asString()).isEqualTo(Enrolling.keyId(key));
        assertThat(Instant.parse(answer.json().path("expires_at").asString()))
                .isAfter(Instant.now().plus(Duration.ofDays(300)));
        assertThat(keys("enrol-first")).containsExactly("pending");
        assertThat(
                        API.query(
                                "select who || ' ' || what from audit_log where target ="
                                        + " 'enrol-first' order by id"))
                .containsExactly("anna gateway.register", "agent:enrol-first credential.enrol");
    }

    @Test
    void keepsNoTokenInClear() {
        String token = token("{\"site\": \"hidden\"}");

        assertThat(
                        API.query(
                                """
                                select 1 from enrollment_tokens t, audit_log a
                                where t::text like '%%%1$s%%' or a::text like '%%%1$s%%'
                                """
                                        .formatted(token)))
                .isEmpty();
        Answer list = API.get("/admin/api/enrollment-tokens", ApiServer.ADMIN);
        assertThat(list.status()).isEqualTo(200);
        assertThat(list.body()).contains("hidden").doesNotContain(token);
    }

    @Test
    void answersTheSameTokenWithTheSameKeyTheSameAgain() {
        String token = registered("enrol-again");
        KeyPair key = Enrolling.newKey();
        Answer first = Enrolling.at(API, "enrol-again").token(token).key(key).send();

        Answer again = Enrolling.at(API, "enrol-again").token(token).key(key).send();

        assertThat(again.status()).isEqualTo(200);
        assertThat(again.body()).isEqualTo(first.body());
        assertThat(keys("enrol-again")).hasSize(1);
        refused(Enrolling.at(API, "enrol-again").token(token).send(), 409, "already_enrolled");
    }

    @Test
    void givesTheLastUseOfATokenToOneOfManyRacers() {
        String token = token("{\"uses\": 3, \"site\": \"race\"}");

        List<CompletableFuture<Answer>> racers =
                IntStream.range(0, 12)
                        .mapToObj(n ->
                                CompletableFuture.supplyAsync(
                                        () -> Enrolling.at(API, "racer-" + n).token(token).send()))
                        .toList();
        List<Integer> statuses = racers.stream().map(racer -> racer.join().status()).toList();

        assertThat(statuses).filteredOn(status -> status == 200).hasSize(3);
        assertThat(statuses).filteredOn(status -> status == 403).hasSize(9);
        assertThat(API.query("select count(*) from os_gateways where site = 'race'"))
                .containsExactly("3");
    }

    @Test
    void letsTwoKeysRaceForOneGatewayAndTakesOne() {
        String token = registered("enrol-race");

        List<CompletableFuture<Answer>> racers =
                IntStream.range(0, 6)
                        .mapToObj(_ ->
                                CompletableFuture.supplyAsync(
                                        () -> Enrolling.at(API, "enrol-race").token(token).send()))
                        .toList();

        assertThat(racers.stream().map(racer -> racer.join().status()).toList())
                .filteredOn(status -> status == 200)
                .hasSize(1);
        assertThat(keys("enrol-race")).hasSize(1);
    }

    @Test
    void refusesATokenThatIsExpiredRevokedForAnotherGatewayOrNobodys() {
        String token = registered("enrol-bound");
        refused(Enrolling.at(API, "enrol-other").token(token).send(), 403, "token_refused");
        refused(
                Enrolling.at(API, "enrol-bound").token("viwj_" + "A".repeat(43)).send(),
                403,
                "token_refused");
        API.sql(
                "update enrollment_tokens set expires_at = now() - interval '1 s'"
                        + " where agent_id = 'enrol-bound'");
        refused(Enrolling.at(API, "enrol-bound").token(token).send(), 403, "token_refused");
        API.sql(
                "update enrollment_tokens set expires_at = now() + interval '1 h',"
                        + " revoked_at = now() where agent_id = 'enrol-bound'");
        refused(Enrolling.at(API, "enrol-bound").token(token).send(), 403, "token_refused");
        assertThat(keys("enrol-bound")).isEmpty();
        assertThat(API.query("select 1 from os_gateways where agent_id = 'enrol-other'")).isEmpty();
    }

    @Test
    void opensAnIdThatHadAKeyOnlyByANewTokenForItAlone() {
        Enrolling.at(API, "enrol-reopen").token(registered("enrol-reopen")).send();
        String forAny = token("{\"uses\": 5}");
        refused(Enrolling.at(API, "enrol-reopen").token(forAny).send(), 409, "already_enrolled");

        String fresh = token("{\"agent_id\": \"enrol-reopen\"}");

        assertThat(Enrolling.at(API, "enrol-reopen").token(fresh).send().status()).isEqualTo(200);
        assertThat(keys("enrol-reopen")).containsExactly("revoked", "pending");
    }

    @Test
    void letsATokenOfOneSiteNotOpenAGatewayOfAnother() {
        API.sql("insert into os_gateways (agent_id, site) values ('enrol-bonn', 'bonn')");

        refused(
                Enrolling.at(API, "enrol-bonn").token(token("{\"site\": \"kiel\"}")).send(),
                403,
                "token_refused");
    }

    // ---- the request

    @Test
    void refusesAWrongSignature() {
        String token = registered("enrol-sig");
        KeyPair key = Enrolling.newKey();
        KeyPair other = Enrolling.newKey();
        Enrolling stranger =
                Enrolling.at(API, "enrol-sig")
                        .token(token)
                        .key(key)
                        .signedBy(other)
                        .naming(Enrolling.keyId(key));
        refused(stranger.send(), 401, "bad_signature");

        Enrolling changed = Enrolling.at(API, "enrol-sig").token(token).key(key);
        refused(changed.sending(changed.body() + " ").send(), 401, "bad_signature");
        assertThat(keys("enrol-sig")).isEmpty();
    }

    @Test
    void refusesAReplayedNonceAndAWrongClock() {
        String token = registered("enrol-replay");
        String nonce = UUID.randomUUID().toString();
        KeyPair key = Enrolling.newKey();
        assertThat(
                        Enrolling.at(API, "enrol-replay")
                                .token(token)
                                .key(key)
                                .nonce(nonce)
                                .send()
                                .status())
                .isEqualTo(200);
        refused(
                Enrolling.at(API, "enrol-replay").token(token).key(key).nonce(nonce).send(),
                401,
                "nonce_replayed");

        Answer skewed =
                Enrolling.at(API, "enrol-replay")
                        .token(token)
                        .key(key)
                        .at(Instant.now().minus(Duration.ofMinutes(6)))
                        .send();
        refused(skewed, 401, "clock_skew");
        assertThat(Instant.parse(skewed.json().path("server_time").asString()))
                .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(60));
    }

    @Test
    void refusesBodiesThatAreNoEnrolment() {
        String token = registered("enrol-body");
        refused(
                Enrolling.at(API, "enrol-body").sending("{\"token\": \"" + token).send(),
                400,
                "bad_json");
        refused(Enrolling.at(API, "enrol-body").sending("null").send(), 400, "bad_json");
        refused(
                Enrolling.at(API, "enrol-body")
                        .sending("{\"agent_id\": \"enrol-other\", \"public_key\": \"AAAA\"}")
                        .send(),
                422,
                "invalid_body");
        refused(
                Enrolling.at(API, "enrol-body").sending("\"" + "x".repeat(9_000) + "\"").send(),
                413,
                "body_too_large");
        refused(API.post("/agent/enroll", null, "{}"), 400, "bad_handshake");
    }

    // ---- by the older key

    @Test
    void rotatesByTheOlderKey() {
        KeyPair older = Enrolling.newKey();
        Enrolling.at(API, "enrol-turn").token(registered("enrol-turn")).key(older).send();
        KeyPair newer = Enrolling.newKey();

        Answer answer = Enrolling.at(API, "enrol-turn").key(newer).signedBy(older).send();
        Answer again = Enrolling.at(API, "enrol-turn").key(newer).signedBy(older).send();

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(again.body()).isEqualTo(answer.body());
        assertThat(keys("enrol-turn")).containsExactly("pending", "pending");
    }

    @Test
    void rotatesNothingByAKeyOfNobodyOfAnotherOrRevoked() {
        KeyPair older = Enrolling.newKey();
        Enrolling.at(API, "enrol-keep").token(registered("enrol-keep")).key(older).send();
        KeyPair foreign = Enrolling.newKey();
        Enrolling.at(API, "enrol-thief").token(registered("enrol-thief")).key(foreign).send();

        refused(Enrolling.at(API, "enrol-keep").send(), 401, "bad_signature");
        refused(Enrolling.at(API, "enrol-keep").signedBy(foreign).send(), 401, "bad_signature");
        refused(
                Enrolling.at(API, "enrol-keep").key(foreign).signedBy(older).send(),
                409,
                "key_in_use");
        API.sql(
                "update agent_credentials set status = 'revoked', revoked_at = now()"
                        + " where agent_id = 'enrol-keep'");
        refused(Enrolling.at(API, "enrol-keep").signedBy(older).send(), 401, "bad_signature");
    }

    // ---- admins

    @Test
    void makesTokensForAdminsOnly() {
        refused(
                API.post("/admin/api/enrollment-tokens", ApiServer.OPERATOR, "{}"),
                403,
                "forbidden");
        refused(API.post("/admin/api/enrollment-tokens", null, "{}"), 401, "unauthorized");
        registered("enrol-twice");
        refused(
                API.post(
                        "/admin/api/gateways/register",
                        ApiServer.ADMIN,
                        "{\"agent_id\": \"enrol-twice\"}"),
                409,
                "gateway_exists");
        refused(
                API.post(
                        "/admin/api/enrollment-tokens",
                        ApiServer.ADMIN,
                        "{\"agent_id\": \"x y\", \"uses\": 2, \"ttl_s\": 1}"),
                422,
                "invalid_body");
    }
}
