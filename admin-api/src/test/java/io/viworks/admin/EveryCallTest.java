package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jose.jwk.RSAKey;
import io.viworks.admin.Contract.Operation;
import io.viworks.testkit.TestPostgres;
import io.viworks.testkit.TestRedis;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What holds for every call, asked of every call that the document has. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class EveryCallTest {
    private static final ApiServer API = ApiServer.shared().ready();
    private static final Contract CONTRACT = Contract.of(API);
    private static final RSAKey KEY = LocalIssuer.rsa("every-1");

    /** Values for the variables of a path: things that are there, or things that are not. */
    private static final Map<String, String> THERE =
            Map.of("agent_id", "gw-every", "stream", "viw.commands");

    private final TestPostgres postgres = TestPostgres.start();
    private final TestRedis redis = TestRedis.start();
    private final LocalIssuer issuer = LocalIssuer.start().publish(KEY);

    @BeforeAll
    static void aGateway() {
        API.sql(
                """
                insert into os_gateways (agent_id, status, supported_verbs, features, auth)
                values ('gw-every', 'disconnected', '["echo"]', '[]', 'shared')
                """);
    }

    @AfterAll
    void end() {
        issuer.close();
        redis.close();
        postgres.close();
    }

    /** A call as it is meant, on things that are there as far as they can be. */
    private static HttpRequest.Builder request(
            ApiServer api, Operation operation, @Nullable String token, String query) {
        return request(api, operation, token, query, THERE, null);
    }

    private static HttpRequest.Builder request(
            ApiServer api,
            Operation operation,
            @Nullable String token,
            String query,
            Map<String, String> variables,
            @Nullable String body) {
        String path = operation.template();
        for (var variable : variables.entrySet()) {
            path = path.replace("{" + variable.getKey() + "}", variable.getValue());
        }
        path =
                path.replace("dead-letters/viw.commands/{id}", "dead-letters/viw.commands/1-1")
                        .replace("{correlation_id}", UUID.randomUUID().toString())
                        .replace("{agent_id}", "nobody")
                        .replace("{stream}", "viw.nothing")
                        .replace("{id}", "999999999")
                        .replaceAll("\\{[^}]+}", UUID.randomUUID().toString());
        HttpRequest.Builder request = api.request(path + query, token);
        String sent =
                body != null
                        ? body
                        : operation.takesJson()
                                ? operation
                                        .node()
                                        .path("requestBody")
                                        .path("content")
                                        .path("application/json")
                                        .path("example")
                                        .toString()
                                : "";
        if (!sent.isEmpty()) {
            request.header("Content-Type", "application/json");
        }
        return request.method(
                operation.method(),
                sent.isEmpty()
                        ? HttpRequest.BodyPublishers.noBody()
                        : HttpRequest.BodyPublishers.ofString(sent));
    }

    private static void assertRefused(Operation operation, ApiServer.Answer answer, String code) {
        assertThat(answer.code())
                .as(operation + ": " + answer.status() + " " + answer.body())
                .isEqualTo(code);
        assertThat(operation.documented()).contains(answer.status() + " " + code);
    }

    private static List<Operation> ofCallers() {
        return CONTRACT.operations().stream().filter(Operation::needsToken).toList();
    }

    @Test
    void asksForATokenAndForARole() {
        for (Operation operation : ofCallers()) {
            assertRefused(operation, API.begin(request(API, operation, null, "")), "unauthorized");
            if (operation.node().path("description").asString().contains("Needs the role admin")) {
                assertRefused(
                        operation,
                        API.begin(request(API, operation, ApiServer.OPERATOR, "")),
                        "forbidden");
            }
        }
    }

    @Test
    void refusesWhatItWasNotMeantToBeAsked() {
        for (Operation operation : CONTRACT.operations()) {
            String token = operation.needsToken() ? ApiServer.ADMIN : null;
            assertRefused(
                    operation,
                    API.begin(request(API, operation, token, "?colour=red")),
                    "bad_parameter");
            assertRefused(
                    operation, API.begin(request(API, operation, token, "?q=%ff")), "bad_request");
            if (operation.documented().contains("406 not_acceptable")) {
                assertRefused(
                        operation,
                        API.begin(
                                request(API, operation, token, "")
                                        .setHeader("Accept", "application/xml")),
                        "not_acceptable");
            }
            if (operation.documented().contains("413 body_too_large")) {
                assertRefused(
                        operation,
                        API.begin(request(API, operation, token, "", THERE, " ".repeat(70_000))),
                        "body_too_large");
            }
        }
    }

    @Test
    void readsNoBodyButOneJsonObjectOfItsKind() {
        for (Operation operation : ofCallers()) {
            if (operation.takesJson()) {
                assertRefused(
                        operation,
                        API.begin(request(API, operation, ApiServer.ADMIN, "", THERE, "{\"a\":")),
                        "bad_json");
                assertRefused(
                        operation,
                        API.begin(
                                request(
                                        API,
                                        operation,
                                        ApiServer.ADMIN,
                                        "",
                                        THERE,
                                        "{\"colour\":1}")),
                        "invalid_body");
            }
        }
        for (Operation operation : CONTRACT.operations()) {
            if (operation.takesJson()) {
                String token = operation.needsToken() ? ApiServer.ADMIN : null;
                assertRefused(
                        operation,
                        API.begin(
                                request(API, operation, token, "")
                                        .setHeader("Content-Type", "text/plain")),
                        "unsupported_media_type");
                assertRefused(
                        operation,
                        API.begin(
                                request(API, operation, token, "")
                                        .setHeader("Content-Type", "*/*")),
                        "unsupported_media_type");
            }
        }
    }

    @Test
    void knowsNothingOfWhatIsNotThere() {
        for (Operation operation : ofCallers()) {
            if (!operation.template().contains("{")) {
                continue;
            }
            for (Map<String, String> variables : List.of(Map.<String, String>of(), THERE)) {
                ApiServer.Answer answer =
                        API.begin(request(API, operation, ApiServer.ADMIN, "", variables, null));
                if (variables.isEmpty()) {
                    assertThat(answer.status()).as(operation + answer.body()).isEqualTo(404);
                }
                assertThat(
                                CONTRACT.mistakes(
                                        operation,
                                        answer.status(),
                                        answer.headers(),
                                        answer.body()))
                        .as(operation + answer.body())
                        .isEmpty();
            }
        }
    }

    /** One server through the worst: nothing is there, then all but rights, then too much of it. */
    @Test
    void saysWhatIsAwayWhoIsNotMeantAndWhenItIsTooMuch() {
        TestPostgres.Database database = postgres.database();
        postgres.kill();
        issuer.away(true);
        try (ApiServer api =
                ApiServer.on(
                        database,
                        redis,
                        "--VIW_OIDC_ISSUER=" + issuer.url(),
                        "--VIW_OIDC_AUDIENCE=" + LocalIssuer.AUDIENCE,
                        "--VIW_BATCH_MAX=1",
                        "--VIW_API_RATE=5",
                        "--VIW_API_FAILURE_RATE=10")) {
            for (Operation operation : ofCallers()) {
                assertRefused(
                        operation,
                        api.begin(request(api, operation, ApiServer.VIEWER, "")),
                        "database_away");
                assertRefused(
                        operation,
                        api.begin(request(api, operation, powerless(), "")),
                        "issuer_away");
            }
            ApiServer.Answer enrolment = Enrolling.at(api, "gw-new").key(Enrolling.newKey()).send();
            assertThat(enrolment.code()).as(enrolment.body()).isEqualTo("database_away");
            postgres.startAgain();
            issuer.away(false);
            api.ready();
            ApiServer.Answer many =
                    api.post(
                            "/admin/api/commands?dry_run=true",
                            ApiServer.OPERATOR,
                            "{\"command\":\"echo\",\"parameters\":{\"message\":\"m\"},"
                                    + "\"agent_ids\":[\"gw-1\",\"gw-2\"]}");
            assertThat(many.code()).as(many.body()).isEqualTo("too_many_gateways");
            String join =
                    api.post("/admin/api/enrollment-tokens", ApiServer.ADMIN, "{}")
                            .json()
                            .path("token")
                            .asString();
            redis.kill();
            for (Operation operation : ofCallers()) {
                if (operation.template().contains("dead-letters")) {
                    assertRefused(
                            operation,
                            api.begin(
                                    request(api, operation, ApiServer.ADMIN, "")
                                            .timeout(Duration.ofSeconds(20))),
                            "backplane_away");
                }
            }
            enrolment = Enrolling.at(api, "gw-new").key(Enrolling.newKey()).token(join).send();
            assertThat(enrolment.code()).as(enrolment.body()).isEqualTo("backplane_down");
            redis.startAgain();
            await().until(() -> api.get("/admin/api/verbs", powerless()).status() == 403);
            for (Operation operation : ofCallers()) {
                assertRefused(
                        operation,
                        api.begin(request(api, operation, powerless(), "")),
                        "forbidden");
            }
            for (Operation operation : ofCallers()) {
                assertRefused(
                        operation,
                        askedTooOften(api, operation, ApiServer.VIEWER, "rate_limited"),
                        "rate_limited");
            }
            for (Operation operation : ofCallers()) {
                assertRefused(
                        operation,
                        askedTooOften(api, operation, "guess", "too_many_failures"),
                        "too_many_failures");
            }
        }
    }

    /** Asks until it is refused by this code, however slowly this machine asks. */
    private static ApiServer.Answer askedTooOften(
            ApiServer api, Operation operation, String token, String code) {
        return Stream.generate(() -> api.begin(request(api, operation, token, "")))
                .limit(1_000)
                .dropWhile(answer -> !answer.body().contains('"' + code + '"'))
                .findFirst()
                .orElseThrow();
    }

    private String powerless() {
        return issuer.token(KEY, claims -> claims.claim("viw_role", "root"));
    }

    /** The tables are gone, which no caller can help and none is told. */
    @Test
    void answersAMistakeOfOurOwnWithoutAWordAboutIt() {
        TestRedis own = TestRedis.start();
        try (ApiServer api = ApiServer.start(TestPostgres.shared(), own).ready()) {
            api.sql("alter table os_gateways rename to elsewhere");
            Map<String, String> seen = new TreeMap<>();
            for (Operation operation : ofCallers()) {
                ApiServer.Answer answer = api.begin(request(api, operation, ApiServer.ADMIN, ""));
                if (answer.status() >= 500) {
                    assertRefused(operation, answer, "internal");
                    assertThat(answer.body()).doesNotContain("os_gateways", "SQL", "Exception");
                    seen.put(operation.toString(), answer.code());
                }
            }
            assertThat(seen).containsKey("GET /admin/api/gateways");
        } finally {
            own.close();
        }
    }
}
