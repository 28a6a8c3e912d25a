package io.viworks.admin;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.admin.token.Role;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

/** What each call needs (spec 5, "Rights"), for every call that is mapped. */
final class RightsTest {
    private static final String EVENTS = "/admin/api/events";
    private static final ApiServer API = ApiServer.shared().ready();
    private static final String GATEWAYS = "/admin/api/gateways";
    private static final String GATEWAY = GATEWAYS + "/{agent_id}";

    /** What a call is about. */
    private enum About {
        /** Nothing that belongs to a site. */
        NOTHING,
        /** A list that shows a caller what is of his sites. */
        LIST,
        /** One gateway: of another site it does not exist. */
        GATEWAY,
        /** All sites at once: only for who may see all. */
        ALL_SITES,
        /** Agents, who have no token but a signature. */
        AGENTS
    }

    private record Rule(About about, Role role) {}

    /** The decision for each call; a call that is not here fails the first test. */
    private static final Map<String, Rule> RULES =
            Map.ofEntries(
                    entry("GET " + GATEWAYS, new Rule(About.LIST, Role.VIEWER)),
                    entry("GET /admin/api/fleet", new Rule(About.LIST, Role.VIEWER)),
                    entry("POST " + GATEWAYS + "/register", new Rule(About.ALL_SITES, Role.ADMIN)),
                    entry("GET " + GATEWAY, new Rule(About.GATEWAY, Role.VIEWER)),
                    entry("PATCH " + GATEWAY, new Rule(About.GATEWAY, Role.OPERATOR)),
                    entry("POST " + GATEWAY + "/clear-clone", new Rule(About.GATEWAY, Role.ADMIN)),
                    entry("GET " + GATEWAY + "/telemetry", new Rule(About.GATEWAY, Role.VIEWER)),
                    entry("DELETE " + GATEWAY, new Rule(About.GATEWAY, Role.ADMIN)),
                    entry("POST " + GATEWAY + "/restore", new Rule(About.GATEWAY, Role.ADMIN)),
                    entry("GET " + GATEWAY + "/containers", new Rule(About.GATEWAY, Role.VIEWER)),
                    entry("GET " + GATEWAY + "/services", new Rule(About.GATEWAY, Role.VIEWER)),
                    entry(
                            "GET " + GATEWAY + "/telemetry/latest",
                            new Rule(About.GATEWAY, Role.VIEWER)),
                    entry(
                            "GET /agent/telemetry/{agent_id}/latest",
                            new Rule(About.GATEWAY, Role.VIEWER)),
                    entry("GET " + GATEWAY + "/commands", new Rule(About.GATEWAY, Role.VIEWER)),
                    entry("POST " + GATEWAY + "/commands", new Rule(About.GATEWAY, Role.OPERATOR)),
                    entry(
                            "POST /agent/commands/{agent_id}",
                            new Rule(About.GATEWAY, Role.OPERATOR)),
                    entry(
                            "GET " + GATEWAY + "/commands/{correlation_id}",
                            new Rule(About.GATEWAY, Role.VIEWER)),
                    entry(
                            "POST " + GATEWAY + "/commands/{correlation_id}/cancel",
                            new Rule(About.GATEWAY, Role.OPERATOR)),
                    entry(
                            "GET " + GATEWAY + "/commands/{correlation_id}/output",
                            new Rule(About.GATEWAY, Role.VIEWER)),
                    entry("GET " + EVENTS, new Rule(About.NOTHING, Role.VIEWER)),
                    entry("GET " + GATEWAY + "/credentials", new Rule(About.GATEWAY, Role.ADMIN)),
                    entry("POST " + GATEWAY + "/credentials", new Rule(About.GATEWAY, Role.ADMIN)),
                    entry(
                            "POST " + GATEWAY + "/credentials/reopen",
                            new Rule(About.GATEWAY, Role.ADMIN)),
                    entry(
                            "DELETE " + GATEWAY + "/credentials/{key_id}",
                            new Rule(About.GATEWAY, Role.ADMIN)),
                    entry("GET /admin/api/commands", new Rule(About.LIST, Role.VIEWER)),
                    entry("POST /admin/api/commands", new Rule(About.LIST, Role.OPERATOR)),
                    entry(
                            "GET /admin/api/commands/batches/{batch_id}",
                            new Rule(About.LIST, Role.VIEWER)),
                    entry(
                            "POST /admin/api/commands/batches/{batch_id}/cancel",
                            new Rule(About.LIST, Role.OPERATOR)),
                    entry("GET /admin/api/health", new Rule(About.NOTHING, Role.VIEWER)),
                    entry("GET /admin/api/verbs", new Rule(About.NOTHING, Role.VIEWER)),
                    entry("GET /admin/api/signing-keys", new Rule(About.NOTHING, Role.VIEWER)),
                    entry("GET /admin/api/audit", new Rule(About.ALL_SITES, Role.ADMIN)),
                    entry("GET /admin/api/dead-letters", new Rule(About.ALL_SITES, Role.ADMIN)),
                    entry(
                            "GET /admin/api/dead-letters/{stream}",
                            new Rule(About.ALL_SITES, Role.ADMIN)),
                    entry(
                            "GET /admin/api/dead-letters/{stream}/{id}",
                            new Rule(About.ALL_SITES, Role.ADMIN)),
                    entry(
                            "POST /admin/api/dead-letters/{stream}/{id}/replay",
                            new Rule(About.ALL_SITES, Role.ADMIN)),
                    entry(
                            "DELETE /admin/api/dead-letters/{stream}/{id}",
                            new Rule(About.ALL_SITES, Role.ADMIN)),
                    entry(
                            "GET /admin/api/enrollment-tokens",
                            new Rule(About.ALL_SITES, Role.ADMIN)),
                    entry(
                            "POST /admin/api/enrollment-tokens",
                            new Rule(About.ALL_SITES, Role.ADMIN)),
                    entry(
                            "DELETE /admin/api/enrollment-tokens/{id}",
                            new Rule(About.ALL_SITES, Role.ADMIN)),
                    entry("POST /agent/enroll", new Rule(About.AGENTS, Role.VIEWER)));

    private static final AtomicInteger NEXT = new AtomicInteger();

    static List<String> mapped() {
        return API
                .part("requestMappingHandlerMapping", RequestMappingHandlerMapping.class)
                .getHandlerMethods()
                .entrySet()
                .stream()
                .filter(call ->
                        call.getValue()
                                .getBeanType()
                                .getPackageName()
                                .startsWith("io.viworks.admin"))
                .flatMap(call ->
                        call.getKey().getMethodsCondition().getMethods().stream()
                                .flatMap(method ->
                                        call.getKey().getPatternValues().stream()
                                                .map(path -> method.name() + " " + path)))
                .sorted()
                .toList();
    }

    @BeforeAll
    static void callersOfEachRoleForAllSitesAndForOne() {
        for (Role role : Role.values()) {
            for (String site : List.of("all", "berlin", "none")) {
                String sites =
                        switch (site) {
                            case "all" -> "null";
                            case "none" -> "'{}'";
                            default -> "'{" + site + "}'";
                        };
                API.sql(
                        """
                        alter table api_tokens drop constraint if exists api_tokens_sites_named;
                        insert into api_tokens (name, sha256, role, sites)
                        values ('%1$s-%2$s', '%3$s', '%1$s', %4$s)
                        """
                                .formatted(
                                        role.wire(),
                                        site,
                                        ApiServer.sha256(token(role, site)),
                                        sites));
            }
        }
        await().until(() ->
                API.get("/admin/api/verbs", token(Role.ADMIN, "berlin")).status() == 200);
    }

    private static String token(Role role, String site) {
        return "rights-" + role.wire() + "-" + site + "-0123456789abcdefghij";
    }

    @Test
    void decidesForEveryCallWhoMayAndForNoneThatIsNotThere() {
        assertThat(new TreeSet<>(mapped())).isEqualTo(new TreeSet<>(RULES.keySet()));
    }

    static Stream<String> decided() {
        return mapped().stream().filter(RULES::containsKey);
    }

    @ParameterizedTest
    @MethodSource("decided")
    void givesEachCallerWhatItsRoleAndItsSitesAllow(String call) {
        Rule rule = Objects.requireNonNull(RULES.get(call));
        if (rule.about() == About.AGENTS) {
            assertThat(send(call, "paris", ApiServer.ADMIN).code())
                    .as("a token opens nothing to agents' calls")
                    .isIn("bad_handshake", "bad_json", "invalid_body", "unauthorized");
            return;
        }
        ApiServer.Answer nobody = send(call, "paris", null);
        assertThat(nobody.status()).as("nobody").isEqualTo(401);
        for (Role role : Role.values()) {
            assertThat(send(call, "paris", token(role, "none")).status()).isEqualTo(401);
            if (role.compareTo(rule.role()) < 0) {
                assertForbidden(send(call, "paris", token(role, "all")), role + " of all sites");
                assertForbidden(send(call, "berlin", token(role, "berlin")), role + " of berlin");
                continue;
            }
            assertServed(send(call, "paris", token(role, "all")), role + " of all sites");
            ApiServer.Answer own = send(call, "berlin", token(role, "berlin"));
            ApiServer.Answer foreign = send(call, "paris", token(role, "berlin"));
            ApiServer.Answer unset = send(call, null, token(role, "berlin"));
            switch (rule.about()) {
                case NOTHING -> assertServed(own, role + " of berlin");
                case LIST -> {
                    assertServed(own, role + " of berlin");
                    assertThat(foreign.body()).doesNotContain("paris", "\"rights-none");
                }
                case GATEWAY -> {
                    assertServed(own, role + " of berlin");
                    for (ApiServer.Answer hidden : List.of(foreign, unset)) {
                        assertThat(hidden.status()).as(role + " of berlin").isEqualTo(404);
                        assertThat(hidden.code()).isEqualTo("unknown_gateway");
                    }
                }
                case ALL_SITES -> assertForbidden(own, role + " of berlin");
                case AGENTS -> throw new IllegalStateException(call);
            }
        }
    }

    @Test
    void writesDownWhatALimitedCallerAskedForThatIsNotHisToSee() {
        String gateway = gateway("paris");
        API.get(GATEWAYS + "/" + gateway, token(Role.VIEWER, "berlin"));
        await().untilAsserted(() ->
                assertThat(
                                API.query(
                                        "select who || ' ' || outcome from audit_log where target = '%s'"
                                                .formatted(gateway)))
                        .containsExactly("viewer-berlin unknown_gateway"));
    }

    private static void assertForbidden(ApiServer.Answer answer, String who) {
        assertThat(answer.status()).as(who).isEqualTo(403);
        assertThat(answer.code()).as(who).isEqualTo("forbidden");
    }

    /** It got as far as the call itself, which may have found nothing or a mistake. */
    private static void assertServed(ApiServer.Answer answer, String who) {
        assertThat(answer.status()).as(who + ": " + answer.body()).isNotIn(401, 403, 405, 500);
        if (answer.status() >= 400) {
            assertThat(answer.code()).as(who).isNotEqualTo("unknown_gateway");
        }
    }

    /** Sends the call to a new gateway of a site, with a body that is right for commands only. */
    private static ApiServer.Answer send(
            String call, @Nullable String site, @Nullable String token) {
        String method = call.substring(0, call.indexOf(' '));
        String path =
                call.substring(call.indexOf(' ') + 1)
                        .replace("{agent_id}", gateway(site))
                        .replace("{correlation_id}", "11111111-1111-4111-8111-111111111111")
                        .replace("{batch_id}", "11111111-1111-4111-8111-111111111111")
                        .replace("{key_id}", "sha256:00")
                        .replace("{stream}", "viw.commands")
                        .replace("{id}", "1");
        boolean body = method.equals("POST") || method.equals("PATCH") || method.equals("PUT");
        return API.send(
                API.request(path, token)
                        .header("Content-Type", "application/json")
                        .method(
                                // A stream does not end: its headers show that it was served.
                                path.equals(EVENTS) ? "HEAD" : method,
                                body
                                        ? HttpRequest.BodyPublishers.ofString(
                                                path.contains("commands") ? Commands.ECHO : "{}")
                                        : HttpRequest.BodyPublishers.noBody()));
    }

    private static String gateway(@Nullable String site) {
        String id = "rights-" + (site == null ? "none" : site) + "-" + NEXT.incrementAndGet();
        API.sql(
                """
                insert into os_gateways (agent_id, site, status, supported_verbs, features, auth)
                values ('%s', %s, 'disconnected', '["echo"]', '[]', 'shared')
                """
                        .formatted(id, site == null ? "null" : "'" + site + "'"));
        return id;
    }
}
