package io.viworks.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.BridgeId;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who is connected, by the signs of life of bridges. */
class ConnectednessTest {
    private final TelemetryFixture fixture = TelemetryFixture.onShared();
    private final TelemetryFixture.Writer writer = fixture.writer();
    private final BridgeId one = Gateway.bridgeId();
    private final BridgeId two = Gateway.bridgeId();

    /** Long enough ago for the story to be told up to now, and never stale while it is told. */
    private final Instant start = Instant.now().minusSeconds(5);

    private final Gateway gateway = Gateway.of("gateway-001", one, 100, start);
    private final Gateway other = Gateway.of("gateway-002", two, 100, start);

    @AfterEach
    void close() {
        fixture.close();
    }

    /** These bridges say that they live, and the clock looks. */
    private void beat(int second, BridgeId... bridges) throws Exception {
        for (BridgeId bridge : bridges) {
            write(second, new StreamRecord.Seen(bridge, Instant.EPOCH, "0.1.0", "10.0.0.1"));
        }
        writer.told.tell(writer.connectedness.sweep(), List.of());
    }

    private void write(int second, StreamRecord.OfHello record) throws Exception {
        writer.hello.handle(List.of(fixture.entry(start.plusSeconds(second), record)));
    }

    private void bothConnected() throws Exception {
        beat(0, one, two);
        write(0, gateway.hello());
        write(0, other.hello());
    }

    @Test
    void aBridgeSilentFor25SecondsOfStreamTimeIsGone() throws Exception {
        bothConnected();
        for (int second = 5; second <= 25; second += 5) {
            beat(second, two);
        }
        assertThat(fixture.statusOf(gateway)).isEqualTo("connected");

        beat(26, two);
        assertThat(fixture.statusOf(gateway)).isEqualTo("disconnected");
        assertThat(fixture.statusOf(other)).isEqualTo("connected");
        assertThat(fixture.events())
                .containsExactly("gateway_online", "gateway_online", "gateway_offline");

        beat(30, one, two);
        assertThat(fixture.statusOf(gateway)).isEqualTo("connected");
        assertThat(fixture.events()).hasSize(4).last().isEqualTo("gateway_online");
    }

    @Test
    void everyChangeIsToldOnceAndNothingElseIs() throws Exception {
        bothConnected();
        write(1, gateway.hello());
        Gateway again = gateway.again(200, "boot-a");
        write(2, again.hello());
        writer.telemetry(again.telemetry(1, 3), again.telemetry(2, 4));
        for (int second = 5; second <= 25; second += 5) {
            beat(second, one, two);
        }
        write(26, again.gone(5));
        write(27, again.gone(5));
        beat(30, one, two);
        write(31, gateway.again(300, "boot-b").hello());
        write(32, gateway.again(400, "boot-a").hello());
        write(33, gateway.again(500, "boot-b").hello());

        await().untilAsserted(() ->
                assertThat(fixture.told())
                        .containsExactly(
                                "gateway-001 CONNECTED",
                                "gateway-002 CONNECTED",
                                "gateway-001 DISCONNECTED",
                                "gateway-001 CONNECTED",
                                "gateway-001 CLONE_SUSPECTED"));
    }

    @Test
    void aPauseOfTheStreamFlipsNobodyWhileTheBridgesSpeakAgain() throws Exception {
        bothConnected();
        beat(70, two);
        assertThat(fixture.statusOf(gateway)).isEqualTo("connected");
        beat(74, one, two);
        for (int second = 79; second <= 99; second += 5) {
            beat(second, one, two);
        }

        assertThat(fixture.statusOf(gateway)).isEqualTo("connected");
        assertThat(fixture.events()).containsExactly("gateway_online", "gateway_online");
    }

    @Test
    void aBridgeThatDiedInAPauseIsGoneAfterIt() throws Exception {
        bothConnected();
        for (int second = 70; second <= 90; second += 5) {
            beat(second, two);
        }
        assertThat(fixture.statusOf(gateway)).isEqualTo("connected");
        beat(95, two);
        assertThat(fixture.statusOf(gateway)).isEqualTo("disconnected");
    }

    @Test
    void aWriterThatStartsFirstLooksForAWhile() throws Exception {
        bothConnected();
        beat(20, two);
        beat(25, two);
        try (TelemetryFixture.Writer second = fixture.writer()) {
            second.hello.handle(
                    List.of(
                            fixture.entry(
                                    start.plusSeconds(30),
                                    new StreamRecord.Seen(two, start, "0.1.0", "10.0.0.1"))));
            second.connectedness.sweep();
            assertThat(fixture.statusOf(gateway)).isEqualTo("connected");
        }
    }

    @Test
    void aStaleStreamMakesThemUnknownWithoutAnEventAndBackAgain() throws Exception {
        bothConnected();
        write(0, other.gone(1));
        fixture.db.update("update bridges set last_seen = last_seen - interval '40 seconds'");
        writer.connectedness.sweep();
        assertThat(fixture.statusOf(gateway)).isEqualTo("unknown");
        assertThat(fixture.statusOf(other)).as("known to be gone").isEqualTo("disconnected");
        writer.connectedness.sweep();

        beat(5, one, two);
        assertThat(fixture.statusOf(gateway)).isEqualTo("connected");
        assertThat(fixture.statusOf(other)).isEqualTo("disconnected");
        assertThat(fixture.events())
                .containsExactly("gateway_online", "gateway_online", "gateway_offline");
    }

    @Test
    void anUnknownGatewayWhoseBridgeIsGoneIsToldOffline() throws Exception {
        bothConnected();
        fixture.db.update("update bridges set last_seen = last_seen - interval '40 seconds'");
        writer.connectedness.sweep();
        for (int second = 5; second <= 35; second += 5) {
            beat(second, two);
        }
        assertThat(fixture.statusOf(gateway)).isEqualTo("disconnected");
        assertThat(fixture.statusOf(other)).isEqualTo("connected");
        assertThat(fixture.events()).hasSize(3).last().isEqualTo("gateway_offline");
    }

    @Test
    void theNewestSessionDecides() throws Exception {
        bothConnected();
        Gateway moved =
                new Gateway(
                        gateway.agent(),
                        two,
                        Gateway.of("gateway-001", two, 200, start).origin(),
                        "boot-a",
                        start);
        write(1, moved.hello());
        for (int second = 5; second <= 40; second += 5) {
            beat(second, two);
        }
        assertThat(fixture.statusOf(gateway)).isEqualTo("connected");
        write(41, gateway.gone(5));
        assertThat(fixture.statusOf(gateway)).isEqualTo("connected");
        write(42, moved.gone(2));
        assertThat(fixture.statusOf(gateway)).isEqualTo("disconnected");
    }

    @Test
    void aBridgeWithItsClockOffIsMeasuredLikeTheOthers() throws Exception {
        bothConnected();
        Instant ahead = start.plusSeconds(3600);
        write(5, new StreamRecord.Seen(two, ahead, "0.1.0", "10.0.0.2"));
        writer.connectedness.sweep();
        assertThat(fixture.statusOf(gateway)).isEqualTo("connected");
        assertThat(fixture.statusOf(other)).isEqualTo("connected");
    }

    @Test
    void aGatewayNobodyHasHeardOfStaysExpected() throws Exception {
        fixture.db.update("insert into os_gateways (agent_id) values ('gateway-009')");
        writer.telemetry(Gateway.of("gateway-010", one, 1, start).telemetry(1, 3));
        bothConnected();
        beat(60, one, two);
        assertThat(
                        fixture.text(
                                """
                                select string_agg(status, ',' order by agent_id) from os_gateways
                                where agent_id in ('gateway-009', 'gateway-010')
                                """))
                .isEqualTo("expected,expected");
    }

    @Test
    void aBridgeKeepsItsVersionAndAddress() throws Exception {
        beat(0, one);
        write(1, gateway.hello());
        assertThat(
                        fixture.row(
                                """
                                select version, address, last_seen = ?::timestamptz as latest
                                from bridges
                                """,
                                Instant.ofEpochMilli(start.plusSeconds(1).toEpochMilli())
                                        .toString()))
                .containsEntry("version", "0.1.0")
                .containsEntry("address", "10.0.0.1")
                .containsEntry("latest", true);
    }
}
