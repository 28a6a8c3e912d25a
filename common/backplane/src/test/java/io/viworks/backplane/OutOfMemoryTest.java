package io.viworks.backplane;

import static io.viworks.backplane.Bench.get;
import static io.viworks.backplane.Samples.AGENT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.viworks.backplane.RedisAcl.Service;
import io.viworks.backplane.delivery.CommandSender;
import io.viworks.backplane.delivery.Delivered;
import io.viworks.backplane.delivery.Deliveries;
import io.viworks.backplane.directory.Nonces;
import io.viworks.backplane.ownership.Claim;
import io.viworks.backplane.ownership.Hold;
import io.viworks.backplane.ownership.Owners;
import io.viworks.backplane.ownership.Ownership;
import io.viworks.backplane.ownership.Presence;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.SessionId;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Redis at its limit: what is new waits, what stands goes on, and nothing is half done. */
class OutOfMemoryTest {
    private final Bench bench = new Bench();
    private final RedisConnections bridging = bench.login(Service.AGENT_BRIDGE);
    private final Ownership ownership = new Ownership(bridging);
    private final BridgeId bridge = Samples.bridge();
    private final SessionId session = Samples.session();
    private final CommandSender sender = new CommandSender(bench.login(Service.RESULTS_WRITER));
    private final Deliveries deliveries = new Deliveries(bridging, bridge);

    @BeforeEach
    void claim() {
        bench.project();
        get(ownership.claim(Samples.hello(Samples.origin(bridge, session, null, 0))));
    }

    @AfterEach
    void close() {
        limit("0");
        bench.close();
    }

    private void limit(String bytes) {
        bench.raw.configSet("maxmemory", bytes);
    }

    private void full() {
        limit("1");
    }

    private static void isAway(Supplier<CompletionStage<?>> request) {
        assertThatThrownBy(() -> get(request.get()))
                .isInstanceOfSatisfying(
                        WorldAway.class, away -> assertThat(away).hasMessageContaining("OOM"));
    }

    @Test
    void newSessionsAreRefusedForNow() {
        full();
        StreamRecord.Hello hello =
                Samples.hello(Samples.origin(bridge, Samples.session(), null, 0));
        isAway(() -> ownership.claim(hello));
        isAway(() -> new Nonces(bridging).use(AGENT, "n-1"));
        assertThat(get(new Owners(bridging).find(AGENT)).orElseThrow().sessionId())
                .isEqualTo(session);
        limit("0");
        assertThat(get(new Nonces(bridging).use(AGENT, "n-1"))).isTrue();
        assertThat(get(ownership.claim(hello))).isInstanceOf(Claim.Won.class);
    }

    @Test
    void sessionsThatStandGoOnAndEnd() {
        full();
        assertThat(get(ownership.renew(Map.of(AGENT, session)))).containsEntry(AGENT, Hold.HELD);
        assertThat(get(ownership.release(Samples.gone(Samples.origin(bridge, session, null, 3)))))
                .isEqualTo(Hold.HELD);
        assertThat(bench.records(Keys.AGENT_HELLO, StreamRecord.OfHello.class).getLast())
                .isInstanceOf(StreamRecord.Gone.class);
    }

    /** Else all bridges would seem dead, and their streams be taken from them. */
    @Test
    void aBridgeStillSaysThatItLives() {
        Presence presence = new Presence(bridging, bridge, "0.1.0", "", InstantSource.system());
        get(presence.beat());
        full();
        bench.raw.pexpire(Keys.bridge(bridge), 1_000);
        get(presence.beat());
        assertThat(bench.raw.pttl(Keys.bridge(bridge))).isGreaterThan(1_000);
        bench.raw.del(Keys.bridge(bridge));
        get(presence.beat());
        assertThat(get(new Owners(bridging).living(List.of(bridge)))).containsExactly(bridge);
    }

    @Test
    void aCommandWaitsWhereItIsAndIsNotHalfDecided() {
        get(sender.send(bridge, Samples.command(Samples.command(), 1, null)));
        StreamRecord.Command record =
                (StreamRecord.Command)
                        bench.records(Keys.commandsOf(bridge), StreamRecord.OfCommands.class)
                                .getFirst();
        Instant soon = Instant.now().plusSeconds(60);
        full();
        isAway(() -> deliveries.deliver(record, soon, session, true));
        isAway(() -> sender.send(bridge, record));
        limit("0");
        assertThat(get(deliveries.deliver(record, soon, session, true)))
                .isEqualTo(new Delivered.Dispatched());
    }

    /** Acknowledged here and not written there would be lost. */
    @Test
    void aCommandIsForwardedWholeOrNotAtAll() {
        get(sender.send(Samples.command(Samples.command(), 1, null)));
        bench.redis.command("XGROUP CREATE viw.commands agent-bridge 0");
        bench.redis.command("XREADGROUP GROUP agent-bridge a STREAMS viw.commands >");
        StreamRecord.OfCommands record =
                bench.records(Keys.COMMANDS, StreamRecord.OfCommands.class).getFirst();
        String id = bench.entries(Keys.COMMANDS).getFirst().getId();
        full();
        assertThat(get(deliveries.forward(id, record, bridge))).isTrue();
        assertThat(bench.raw.xlen(Keys.commandsOf(bridge))).isEqualTo(1);
    }
}
