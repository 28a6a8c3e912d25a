package io.viworks.bridge;

import static io.viworks.bridge.Handshakes.comesBack;
import static io.viworks.bridge.Handshakes.refused;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.viworks.backplane.directory.DirectoryEntry.Status;
import io.viworks.bridge.BridgeFixture.Bridge;
import io.viworks.bridge.handshake.Admission;
import io.viworks.protocol.handshake.HandshakeHeaders;
import io.viworks.testkit.HttpAnswer;
import io.viworks.testkit.ScriptedHandshake;
import io.viworks.testkit.TcpProxy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The order of the rows of spec 2.1, races, Redis away, and what the log says of it all. */
class HandshakeOrderTest {
    private static BridgeFixture fixture;
    private static Bridge bridge;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    @BeforeAll
    static void start() {
        fixture = BridgeFixture.onShared();
        bridge = fixture.bridge("AGENT_BRIDGE_ALLOWED_AGENT_IDS=gw-*,worst");
        fixture.publish(
                fixture.entry("gw-own", Status.ACTIVE, true, Handshakes.PUBLIC_KEY),
                fixture.entry("worst", Status.REVOKED, true, Handshakes.PUBLIC_KEY));
    }

    @AfterAll
    static void stop() {
        fixture.close();
    }

    @AfterEach
    void end() {
        threads.close();
    }

    @Test
    void namesTheEarliestRowThatIsWrongUntilNothingIs() {
        Admission admission = bridge.context.getBean(Admission.class);
        String used = UUID.randomUUID().toString();
        bridge.keep(Handshakes.own(bridge.handshake("gw-own")).nonce(used).open());
        ScriptedHandshake handshake =
                bridge.handshake("gw-own")
                        .secret("guess")
                        .at(Instant.EPOCH)
                        .nonce(used)
                        .without("Sec-WebSocket-Protocol");
        try (Bridge strict = fixture.bridge("AGENT_BRIDGE_ALLOWED_AGENT_IDS=somebody")) {
            admission.drain();
            refused(handshake.answer(), 400, "bad_handshake");
            handshake.header("Sec-WebSocket-Protocol", HandshakeHeaders.SUBPROTOCOL);
            refused(handshake.answer(), 503, "draining");
            admission.open();
            refused(handshake.answer(), 401, "bad_signature");
            refused(handshake.secret(BridgeFixture.SECRET).answer(), 401, "credential_required");
            refused(Handshakes.own(handshake).answer(), 401, "clock_skew");
            refused(handshake.at(Instant.now()).answer(), 401, "nonce_replayed");
            ScriptedHandshake elsewhere =
                    Handshakes.own(strict.handshake("worst")).nonce(UUID.randomUUID().toString());
            refused(elsewhere.answer(), 403, "not_allowed");
            refused(elsewhere.answer(), 401, "nonce_replayed");
            refused(Handshakes.own(bridge.handshake("worst")).answer(), 403, "revoked");
            bridge.keep(handshake.nonce(UUID.randomUUID().toString()).open()).next("HELLO_ACK");
        } finally {
            admission.open();
        }
    }

    @Test
    void letsExactlyOneInOfManyWithTheSameNonce() {
        String nonce = UUID.randomUUID().toString();
        try (Bridge second = fixture.bridge("AGENT_BRIDGE_ALLOWED_AGENT_IDS=gw-*")) {
            List<CompletableFuture<HttpAnswer>> answers =
                    Stream.of(bridge, second, bridge, second, bridge, second, bridge, second)
                            .map(one -> one.handshake("gw-race").nonce(nonce))
                            .map(hs -> CompletableFuture.supplyAsync(hs::answer, threads))
                            .toList();

            assertThat(answers)
                    .extracting(answer -> answer.join().status())
                    .containsOnlyOnce(101)
                    .containsOnly(101, 401);
        }
    }

    @Test
    void usesNoNonceUpBeforeTheClockIsRight() {
        ScriptedHandshake handshake = bridge.handshake("gw-late").at(Instant.EPOCH);
        refused(handshake.answer(), 401, "clock_skew");

        bridge.keep(handshake.at(Instant.now()).open()).next("HELLO_ACK");
    }

    @Test
    void acceptsNobodyWhileRedisIsAway() {
        try (TcpProxy proxy = TcpProxy.to(fixture.redis.port());
                Bridge cut = fixture.bridgeThrough(proxy.port())) {
            cut.connect("gw-1").next("HELLO_ACK");
            proxy.refuse();
            Awaitility.await().until(() -> cut.handshake("gw-2").answer().status() == 503);

            HttpAnswer answer = cut.handshake("gw-2").answer();

            refused(answer, 503, "backplane_down");
            comesBack(answer, 10);
            refused(cut.handshake("gw-2").secret("guess").answer(), 401, "bad_signature");
            refused(cut.handshake("gw-2").at(Instant.EPOCH).answer(), 401, "clock_skew");
            proxy.forward();
            Awaitility.await().until(() -> cut.handshake("gw-2").answer().status() == 101);
        }
    }

    @Test
    void answersBackplaneDownInTimeWhenRedisIsSilent() {
        try (TcpProxy proxy = TcpProxy.to(fixture.redis.port());
                Bridge mute = fixture.bridgeThrough(proxy.port())) {
            mute.connect("gw-1").next("HELLO_ACK");
            proxy.swallow();

            refused(mute.handshake("gw-2").answer(), 503, "backplane_down");
            proxy.forward();
        }
    }

    // ---- the log

    @Test
    void saysNoSecretInItsLogNotEvenWhenAskedForEverything() {
        Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        LoggerContext logging = root.getLoggerContext();
        ListAppender<ILoggingEvent> heard = new ListAppender<>();
        heard.setContext(logging);
        Level before = root.getLevel();
        List<ScriptedHandshake> sent = new ArrayList<>();
        try (Bridge talkative =
                fixture.bridge(
                        "AGENT_BRIDGE_ADMIN_TOKEN=token-of-the-admin",
                        "AGENT_BRIDGE_TRUSTED_PROXIES=127.0.0.0/8",
                        "AGENT_EDGE_SECRET=edge-word")) {
            heard.start();
            root.addAppender(heard);
            root.setLevel(Level.DEBUG);
            sent.add(talkative.handshake("gw-1"));
            sent.add(talkative.handshake("gw-1").secret("guess-of-somebody"));
            sent.add(talkative.handshake("gw-1").at(Instant.EPOCH));
            sent.add(talkative.handshake("gw-1").header("X-Agent-Auth", "not-even-hex"));
            sent.add(Handshakes.own(talkative.handshake("gw-own")));
            sent.forEach(handshake -> handshake.header("X-Edge-Auth", "edge-word").answer());
            var _ = talkative.join("gw-2");
            Awaitility.await()
                    .until(
                            () -> List.copyOf(heard.list),
                            events -> said(events).anyMatch(line -> line.contains("gw-2 is con")));
        } finally {
            root.setLevel(before);
            root.detachAppender(heard);
        }
        assertThat(said(heard.list)).hasSizeGreaterThan(20);
        List<String> secrets = new ArrayList<>();
        secrets.addAll(List.of(BridgeFixture.SECRET, BridgeFixture.REDIS_PASSWORD));
        secrets.addAll(List.of("token-of-the-admin", "edge-word"));
        for (ScriptedHandshake handshake : sent) {
            secrets.add(handshake.value("X-Agent-Auth"));
            secrets.add(handshake.value("X-Agent-Signature"));
        }
        secrets.removeIf(String::isEmpty);
        assertThat(said(heard.list)).allSatisfy(line -> assertThat(line).doesNotContain(secrets));
    }

    private static Stream<String> said(List<ILoggingEvent> events) {
        return List.copyOf(events).stream()
                .map(event ->
                        event.getLoggerName()
                                + " "
                                + event.getFormattedMessage()
                                + " "
                                + Optional.ofNullable(event.getKeyValuePairs()).orElse(List.of())
                                + " "
                                + Optional.ofNullable(event.getThrowableProxy())
                                        .map(thrown -> thrown.getMessage())
                                        .orElse(""));
    }
}
