package io.viworks.bridge;

import static io.viworks.bridge.Handshakes.comesBack;
import static io.viworks.bridge.Handshakes.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.viworks.backplane.Keys;
import io.viworks.backplane.directory.DirectoryEntry.Status;
import io.viworks.bridge.BridgeFixture.Bridge;
import io.viworks.bridge.handshake.Admission;
import io.viworks.protocol.handshake.HandshakeHeaders;
import io.viworks.service.BadConfiguration;
import io.viworks.service.Services;
import io.viworks.testkit.HttpAnswer;
import io.viworks.testkit.ScriptedAgent;
import io.viworks.testkit.ScriptedHandshake;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows 2, 3 and 7 of the table of spec 2.1: places, rates, modes and the allowlist. */
class AdmissionTest {
    private static BridgeFixture fixture;
    private static Bridge bridge;

    @BeforeAll
    static void start() {
        fixture = BridgeFixture.onShared();
        bridge = fixture.bridge("AGENT_BRIDGE_ALLOWED_AGENT_IDS=gw-*,exact,*-lab-*-x,revoked,gone");
        fixture.publish(
                fixture.entry("revoked", Status.REVOKED, false),
                fixture.entry("gone", Status.DECOMMISSIONED, false));
    }

    @AfterAll
    static void stop() {
        fixture.close();
    }

    // ---- row 2

    @Test
    void refusesMoreConnectionsThanItMayHaveAndTakesOneAgainWhenOneIsGone() {
        try (Bridge small = fixture.bridge("AGENT_BRIDGE_MAX_CONN=2")) {
            ScriptedAgent first = small.connect("gw-1");
            small.connect("gw-2").next("HELLO_ACK");

            HttpAnswer answer = small.handshake("gw-3").answer();

            refused(answer, 503, "at_capacity");
            comesBack(answer, 30);
            assertThat(small.count("handshakes", "outcome", "at_capacity")).isEqualTo(1);
            first.close();
            Awaitility.await().until(() -> small.gauge("connections") == 1);
            small.connect("gw-3").next("HELLO_ACK");
        }
    }

    @Test
    void givesThePlaceOfARefusedHandshakeBack() {
        try (Bridge small = fixture.bridge("AGENT_BRIDGE_MAX_CONN=1")) {
            refused(small.handshake("gw-1").secret("guess").answer(), 401, "bad_signature");
            refused(small.handshake("gw-1").at(Instant.EPOCH).answer(), 401, "clock_skew");
            refused(small.handshake("revoked").answer(), 403, "revoked");

            small.connect("gw-1").next("HELLO_ACK");
        }
    }

    @Test
    void refusesAgentsWhileItLeavesOrIsSwitchedOff() {
        try (Bridge off = fixture.bridge("AGENT_WS_ENABLED=false")) {
            HttpAnswer answer = off.handshake("gw-1").answer();

            refused(answer, 503, "draining");
            comesBack(answer, 30);
        }
    }

    @Test
    void spreadsThePausesItAsksFor() {
        Admission admission = bridge.context.getBean(Admission.class);
        TreeSet<String> pauses = new TreeSet<>();
        admission.drain();
        try {
            Awaitility.await()
                    .until(
                            () ->
                                    bridge.handshake("gw-1")
                                            .answer()
                                            .header("retry-after")
                                            .map(pauses::add)
                                            .isPresent(),
                            _ -> pauses.size() >= 3);
        } finally {
            admission.open();
        }
    }

    @Test
    void letsOneAddressNotTakeAllItsHandshakes() {
        try (Bridge slow = fixture.bridge("AGENT_BRIDGE_SOURCE_RATE=1")) {
            HttpAnswer refused = untilRefused(slow, "127.0.0.1");

            refused(refused, 429, "rate_limited");
            comesBack(refused, 15);
            slow.keep(slow.handshake("gw-2").from("127.0.0.2").open()).next("HELLO_ACK");
        }
    }

    @Test
    void letsAllAddressesTogetherNotTakeMoreThanItsAcceptRate() {
        try (Bridge slow = fixture.bridge("AGENT_BRIDGE_ACCEPT_RATE=1")) {
            HttpAnswer refused = untilRefused(slow, "127.0.0.3");

            refused(refused, 429, "rate_limited");
            comesBack(refused, 15);
        }
    }

    /** Handshakes without proof, until one is refused for its rate; at most ten. */
    private static HttpAnswer untilRefused(Bridge slow, String source) {
        return Stream.generate(() ->
                        slow.handshake("gw-1").from(source).without(HandshakeHeaders.AUTH).answer())
                .limit(10)
                .filter(answer -> answer.status() == 429)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void countsClientsBehindTheEdgeByTheEdgesWordAndNobodyElses() {
        try (Bridge behind =
                fixture.bridge(
                        "AGENT_BRIDGE_SOURCE_RATE=1",
                        "AGENT_BRIDGE_TRUSTED_PROXIES=127.0.0.4/32",
                        "AGENT_EDGE_SECRET=edge-word")) {
            for (int client = 1; client <= 5; client++) {
                behind.keep(forwarded(behind, "127.0.0.4", "edge-word", client).open());
            }
            assertThat(codes(behind, "127.0.0.4", "guess")).contains("rate_limited");
            assertThat(codes(behind, "127.0.0.5", "edge-word")).contains("rate_limited");
        }
    }

    private static ScriptedHandshake forwarded(
            Bridge behind, String edge, String word, int client) {
        return behind.handshake("gw-" + client)
                .from(edge)
                .header("X-Edge-Auth", word)
                .header("X-Forwarded-For", "198.51.100.9, 203.0.113." + client);
    }

    /** What ten handshakes in a row are told, each claiming another client. */
    private static List<String> codes(Bridge behind, String edge, String word) {
        List<String> codes = new ArrayList<>();
        for (int client = 10; client < 20; client++) {
            codes.add(
                    forwarded(behind, edge, word, client)
                            .without(HandshakeHeaders.AUTH)
                            .answer()
                            .code());
        }
        return codes;
    }

    // ---- row 3

    @ParameterizedTest
    @CsvSource({
        "AGENT_BRIDGE_AUTH=mtls, AGENT_BRIDGE_AUTH",
        "AGENT_BRIDGE_AUTH=none;AGENT_BRIDGE_BIND=0.0.0.0:0, loopback",
        "AGENT_BRIDGE_SHARED_SECRET=, AGENT_KEYS_ONLY=true",
        "AGENT_KEYS_ONLY=true, AGENT_BRIDGE_SHARED_SECRET",
        "AGENT_BRIDGE_ALLOWED_AGENT_IDS=a b, AGENT_BRIDGE_ALLOWED_AGENT_IDS",
        "AGENT_EDGE_SECRET=word, AGENT_BRIDGE_TRUSTED_PROXIES",
        "AGENT_BRIDGE_TRUSTED_PROXIES=edge.example, AGENT_BRIDGE_TRUSTED_PROXIES",
        "AGENT_BRIDGE_MAX_CON=5, AGENT_BRIDGE_MAX_CONN",
        "AGENT_ENVELOPE_JWS_REQUIRED=perhaps, AGENT_ENVELOPE_JWS_REQUIRED"
    })
    void refusesToStartWithASettingThatWouldNotHold(String flags, String named) {
        Throwable thrown = catchThrowable(() -> fixture.bridge(flags.split(";", -1)));

        assertThat(thrown).isInstanceOf(BadConfiguration.class).hasMessageContaining(named);
    }

    @Test
    void startsNothingUnlessItIsEnabled() {
        String[] disabled = {"--AGENT_BRIDGE_ENABLED=false"};

        assertThat(
                        Services.run(
                                "agent-bridge",
                                AgentBridge.class,
                                BridgeSettings.class,
                                BridgeSettings::from,
                                disabled))
                .isEmpty();
    }

    @Test
    void takesNoSharedSecretWhereOnlyKeysCount() {
        fixture.change(fixture.entry("gw-key", Status.ACTIVE, true, Handshakes.PUBLIC_KEY));
        try (Bridge keys = fixture.bridge("AGENT_BRIDGE_SHARED_SECRET=", "AGENT_KEYS_ONLY=true")) {
            refused(keys.handshake("gw-1").answer(), 401, "bad_signature");
            refused(keys.handshake("gw-key").answer(), 401, "bad_signature");

            keys.keep(Handshakes.own(keys.handshake("gw-key")).open()).next("HELLO_ACK");
        }
    }

    @Test
    void asksNoProofOnLoopbackWhenToldTo() {
        try (Bridge none = fixture.bridge("AGENT_BRIDGE_AUTH=none")) {
            ScriptedAgent agent =
                    none.keep(none.handshake("gw-1").without(HandshakeHeaders.AUTH).open());

            agent.join();

            assertThat(fixture.records(Keys.AGENT_HELLO, "HELLO", "gw-1").getLast())
                    .containsEntry("auth", "none");
            refused(none.handshake("revoked").answer(), 403, "revoked");
        }
    }

    @Test
    void takesNobodysWordForACertificate() {
        refused(
                bridge.handshake("gw-1")
                        .without(HandshakeHeaders.AUTH)
                        .header("X-SSL-Client-Verify", "SUCCESS")
                        .header("X-SSL-Client-DN", "CN=gw-1")
                        .answer(),
                401,
                "secret_mismatch");
    }

    // ---- row 7

    @ParameterizedTest
    @ValueSource(strings = {"gw-1", "gw-", "exact", "a-lab-b-x"})
    void opensForWhomTheAllowlistNames(String agent) {
        bridge.connect(agent).next("HELLO_ACK");
    }

    @ParameterizedTest
    @ValueSource(strings = {"agw-1", "exactly", "exac", "a-lab-b-y", "GW-1"})
    void refusesWhomTheAllowlistDoesNotName(String agent) {
        refused(bridge.handshake(agent).answer(), 403, "not_allowed");
    }

    @Test
    void refusesRevokedAndDecommissionedAgents() {
        refused(bridge.handshake("revoked").answer(), 403, "revoked");
        refused(bridge.handshake("gone").answer(), 403, "decommissioned");
    }

    @Test
    void opensAgainOnceTheDirectorySaysSo() {
        fixture.change(fixture.entry("gw-back", Status.REVOKED, false));
        refused(bridge.handshake("gw-back").answer(), 403, "revoked");

        fixture.change(fixture.entry("gw-back", Status.ACTIVE, false));

        bridge.connect("gw-back").next("HELLO_ACK");
    }

    @Test
    void letsOneAgentNotComeMoreOftenThanItsRate() {
        try (Bridge slow = fixture.bridge("AGENT_BRIDGE_AGENT_RATE=1")) {
            slow.connect("gw-1").next("HELLO_ACK");

            HttpAnswer answer = slow.handshake("gw-1").answer();

            refused(answer, 429, "rate_limited");
            comesBack(answer, 30);
            slow.connect("gw-2").next("HELLO_ACK");
        }
    }

    @Test
    void letsOneAgentHoldOnlySoManyConnections() {
        try (Bridge narrow = fixture.bridge("AGENT_BRIDGE_MAX_CONN_PER_AGENT=1")) {
            ScriptedAgent first = narrow.connect("gw-1");

            HttpAnswer answer = narrow.handshake("gw-1").answer();

            refused(answer, 429, "rate_limited");
            comesBack(answer, 30);
            first.close();
            Awaitility.await().until(() -> narrow.gauge("connections") == 0);
            narrow.connect("gw-1").next("HELLO_ACK");
        }
    }
}
