package io.viworks.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.viworks.backplane.stream.Entry;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.frame.BadFrame;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a HELLO, a GONE and a REFUSED make of inventory and sessions. */
class InventoryTest {
    private final TelemetryFixture fixture = TelemetryFixture.onShared();
    private final TelemetryFixture.Writer writer = fixture.writer();
    private final BridgeId bridge = Gateway.bridgeId();
    private final Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    private final Gateway gateway = Gateway.of("gateway-001", bridge, 100, now);

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void aHelloMakesAnUnknownGatewaysRowAndSession() throws Exception {
        writer.hello(gateway.hello());

        assertThat(
                        fixture.row(
                                """
                                select status, hostname, version, reported_site, auth, boot_id,
                                       reported_labels ->> 'rack' as rack, epoch, n,
                                       max_concurrency, capabilities ->> 0 as capability,
                                       supported_verbs ->> 0 as verb, features ->> 0 as feature
                                from os_gateways where agent_id = ?
                                """,
                                gateway.id()))
                .containsEntry("status", "connected")
                .containsEntry("hostname", "host-a")
                .containsEntry("version", "1.2.3")
                .containsEntry("reported_site", "reported")
                .containsEntry("auth", "shared")
                .containsEntry("boot_id", "boot-a")
                .containsEntry("rack", "r7")
                .containsEntry("epoch", 100L)
                .containsEntry("n", 0L)
                .containsEntry("max_concurrency", 3)
                .containsEntry("capability", "system_info")
                .containsEntry("verb", "system_info")
                .containsEntry("feature", "ack");
        assertThat(
                        fixture.row(
                                """
                                select agent_id, bridge_id::text as bridge, remote_ip, version,
                                       disconnected_at, connected_at = ?::timestamptz as arrived
                                from agent_sessions where session_id = ?::uuid
                                """,
                                now.toString(),
                                gateway.session()))
                .containsEntry("agent_id", gateway.id())
                .containsEntry("bridge", bridge.toString())
                .containsEntry("remote_ip", "10.0.0.7")
                .containsEntry("version", "1.2.3")
                .containsEntry("disconnected_at", null)
                .containsEntry("arrived", true);
        assertThat(fixture.events()).containsExactly("gateway_online");
    }

    @Test
    void whatAnAgentReportsNeverTouchesWhatAdminsOwn() throws Exception {
        String owned =
                """
                select jsonb_build_object('name', display_name, 'site', site, 'labels', labels,
                    'notes', notes, 'min', version_min, 'edit', edit_version, 'dir', dir_rev,
                    'pending', dir_pending, 'by', created_by)::text
                from os_gateways where agent_id = 'gateway-001'
                """;
        fixture.db.update(
                """
                insert into os_gateways (agent_id, display_name, site, labels, notes, version_min,
                                         edit_version, dir_rev, dir_pending, created_by)
                values ('gateway-001', 'Gate', 'hq', '{"rack": "admin"}', 'note', '1.0', 4, 7,
                        false, 'admin')
                """);
        String before = fixture.text(owned);

        writer.hello(gateway.hello());
        writer.telemetry(gateway.telemetry(1, 5));
        writer.hello(gateway.gone(2));

        assertThat(fixture.text(owned)).isEqualTo(before);
        assertThat(fixture.statusOf(gateway)).isEqualTo("disconnected");
    }

    @Test
    void onlyAGreaterEpochMovesInventory() throws Exception {
        Gateway newer = gateway.again(200, "boot-a");
        writer.hello(newer.hello());
        writer.hello(
                gateway.hello(
                        "{\"type\":\"HELLO\",\"agent_id\":\"gateway-001\","
                                + "\"version\":\"0.9\",\"capabilities\":[]}"));

        assertThat(
                        fixture.row(
                                "select version, epoch from os_gateways where agent_id = ?",
                                gateway.id()))
                .containsEntry("version", "1.2.3")
                .containsEntry("epoch", 200L);
        assertThat(
                        fixture.text(
                                "select reason from agent_sessions where session_id = ?::uuid",
                                gateway.session()))
                .isEqualTo("superseded");
        assertThat(fixture.statusOf(gateway)).isEqualTo("connected");
    }

    @Test
    void aBatchReadAgainChangesNothing() throws Exception {
        Gateway newer = gateway.again(200, "boot-b");
        List<Entry<StreamRecord.OfHello>> batch =
                fixture.entries(
                        List.of(
                                new StreamRecord.Seen(bridge, now, "0.1.0", "10.0.0.1:8443"),
                                gateway.hello(),
                                gateway.refused("clock_skew", 3_600_000L),
                                newer.hello(),
                                gateway.gone(3)));
        String all =
                """
                select jsonb_build_array(
                    (select jsonb_agg(to_jsonb(g) order by agent_id) from os_gateways g),
                    (select jsonb_agg(to_jsonb(s) order by epoch) from agent_sessions s),
                    (select jsonb_agg(to_jsonb(b)) from bridges b),
                    (select jsonb_agg(to_jsonb(e) order by id) from agent_events e))::text
                """;
        writer.hello.handle(batch);
        String once = fixture.text(all);
        writer.hello.handle(batch);
        writer.hello.handle(batch.subList(1, 3));
        writer.hello.handle(batch.subList(3, 5));

        assertThat(fixture.text(all)).isEqualTo(once);
        assertThat(writer.outcome("agent_hello", "written")).isEqualTo(5);
        assertThat(writer.outcome("agent_hello", "duplicate")).isEqualTo(9);
    }

    @Test
    void theLateEndOfAnOlderSessionChangesNothingElse() throws Exception {
        Gateway newer = gateway.again(200, "boot-a");
        writer.hello(gateway.hello());
        writer.hello(newer.hello());
        writer.hello(gateway.gone(9));

        assertThat(fixture.statusOf(gateway)).isEqualTo("connected");
        assertThat(
                        fixture.row(
                                "select reason, close_code from agent_sessions where session_id = ?::uuid",
                                gateway.session()))
                .containsEntry("reason", "bye")
                .containsEntry("close_code", 1001);
        assertThat(fixture.events()).containsExactly("gateway_online");
    }

    @Test
    void anEndThatIsReadBeforeItsHelloIsKept() throws Exception {
        writer.hello(gateway.gone(5));
        writer.hello(gateway.hello());

        assertThat(fixture.statusOf(gateway)).isEqualTo("disconnected");
        assertThat(
                        fixture.row(
                                """
                                select reason, version, boot_id, remote_ip from agent_sessions
                                where session_id = ?::uuid
                                """,
                                gateway.session()))
                .containsEntry("reason", "bye")
                .containsEntry("version", "1.2.3")
                .containsEntry("boot_id", "boot-a")
                .containsEntry("remote_ip", "10.0.0.7");
    }

    @Test
    void aSessionClaimedAgainIsOpenAgain() throws Exception {
        writer.hello(gateway.hello());
        writer.hello(gateway.gone(2));
        writer.hello(gateway.claimedAgain(300).hello());

        assertThat(fixture.statusOf(gateway)).isEqualTo("connected");
        assertThat(fixture.count("select count(*) from agent_sessions")).isEqualTo(1);
        assertThat(fixture.events())
                .containsExactly("gateway_online", "gateway_offline", "gateway_online");
    }

    @Test
    void anEndIsADisconnectWithItsEvent() throws Exception {
        writer.hello(gateway.hello());
        writer.hello(gateway.gone(1));

        assertThat(fixture.statusOf(gateway)).isEqualTo("disconnected");
        assertThat(fixture.events()).containsExactly("gateway_online", "gateway_offline");
    }

    @Test
    void aClockThatIsOffShowsInInventoryUntilItIsRight() throws Exception {
        String skew = "select clock_skew_ms from os_gateways where agent_id = 'gateway-001'";
        writer.hello(gateway.hello());
        writer.hello(gateway.at(now.plusSeconds(5)).refused("clock_skew", -3_600_000L));
        assertThat(fixture.text(skew)).isEqualTo("-3600000");
        assertThat(
                        fixture.row(
                                """
                                select payload ->> 'code' as code, payload ->> 'ip' as ip
                                from agent_events where type = 'handshake_refused'
                                """))
                .containsEntry("code", "clock_skew")
                .containsEntry("ip", "10.0.0.9");

        writer.hello(gateway.again(200, "boot-a").at(now.plusSeconds(9)).hello());
        assertThat(fixture.text(skew)).isEqualTo("null");

        writer.hello(gateway.at(now.plusSeconds(7)).refused("clock_skew", 1L));
        assertThat(fixture.text(skew)).as("an older refusal").isEqualTo("null");
    }

    @Test
    void aBootIdThatComesBackWithinADayIsAClone() throws Exception {
        writer.hello(gateway.hello());
        writer.hello(gateway.again(200, "boot-b").hello());
        assertThat(suspected()).isFalse();
        writer.hello(gateway.again(300, "boot-a").hello());
        assertThat(suspected()).isTrue();
        writer.hello(gateway.again(400, "boot-b").hello());

        assertThat(fixture.events()).containsOnlyOnce("clone_suspected");
        assertThat(
                        fixture.text(
                                """
                                select payload ->> 'boot_ids' from agent_events
                                where type = 'clone_suspected'
                                """))
                .isEqualTo("[\"boot-a\", \"boot-b\"]");
    }

    @Test
    void aCloneIsSeenInWhateverOrderTheWritersRead() throws Exception {
        writer.hello(gateway.again(300, "boot-a").hello(), gateway.again(100, "boot-a").hello());
        assertThat(suspected()).isFalse();
        writer.hello(gateway.again(200, "boot-b").hello());
        assertThat(suspected()).isTrue();
    }

    @Test
    void aRestartIsNoClone() throws Exception {
        writer.hello(gateway.hello());
        writer.hello(gateway.again(200, "boot-b").hello());
        writer.hello(gateway.again(300, "boot-b").hello());
        writer.hello(gateway.again(400, "boot-c").hello());
        assertThat(suspected()).isFalse();
    }

    @Test
    void whatLiesADayApartIsNoClone() throws Exception {
        Instant before = now.minus(Duration.ofHours(25));
        writer.hello(gateway.at(before).hello());
        writer.hello(gateway.again(200, "boot-b").at(before.plusSeconds(60)).hello());
        writer.hello(gateway.again(300, "boot-a").hello());
        assertThat(suspected()).isFalse();
    }

    @Test
    void anAllClearLetsOnlyWhatComesAfterItCount() throws Exception {
        writer.hello(gateway.hello());
        writer.hello(gateway.again(200, "boot-b").hello());
        writer.hello(gateway.again(300, "boot-a").hello());
        fixture.db.update(
                "update os_gateways set clone_suspected = false, clone_cleared_at = ?::timestamptz",
                now.plusSeconds(60).toString());

        writer.hello(gateway.again(400, "boot-b").at(now.plusSeconds(61)).hello());
        assertThat(suspected()).isFalse();
        writer.hello(gateway.again(500, "boot-a").at(now.plusSeconds(62)).hello());
        assertThat(suspected()).isFalse();
        writer.hello(gateway.again(600, "boot-b").at(now.plusSeconds(63)).hello());
        assertThat(suspected()).isTrue();
    }

    @Test
    void whatCannotBeStoredArrivesStorable() throws Exception {
        writer.hello(
                gateway.hello(
                        """
                        {"type":"HELLO","agent_id":"gateway-001","version":"1\\u0000",
                         "capabilities":[],
                         "hostname":"\\ud800x","labels":{"a\\u0000":"\\udfff"},
                         "metadata":{"k":"\\u0000"}}
                        """));
        writer.hello(
                new StreamRecord.Gone(
                        gateway.agent(), now, gateway.gone(3).origin(), 1000, "so\0long"));

        assertThat(
                        fixture.row(
                                """
                                select version, hostname, reported_labels::text as labels,
                                       metadata ->> 'k' as meta
                                from os_gateways
                                """))
                .containsEntry("version", "1\uFFFD")
                .containsEntry("hostname", "\uFFFDx")
                .containsEntry("labels", "{\"a\uFFFD\": \"\uFFFD\"}")
                .containsEntry("meta", "\uFFFD");
        assertThat(fixture.text("select reason from agent_sessions")).isEqualTo("so\uFFFDlong");
    }

    @Test
    void aHelloRecordWithAnotherFrameIsAtFault() {
        assertThatThrownBy(() -> writer.hello(gateway.hello("{\"type\":\"PING\"}")))
                .isInstanceOf(BadFrame.class)
                .hasMessageContaining("PING");
        assertThat(fixture.count("select count(*) from os_gateways")).isZero();
    }

    @Test
    void aDecommissionedGatewayStaysSo() throws Exception {
        writer.hello(gateway.hello());
        fixture.db.update("update os_gateways set status = 'decommissioned'");
        writer.hello(gateway.gone(4));
        writer.connectedness.sweep();
        assertThat(fixture.statusOf(gateway)).isEqualTo("decommissioned");
    }

    private boolean suspected() {
        return fixture.text("select clone_suspected::text from os_gateways").equals("true");
    }
}
