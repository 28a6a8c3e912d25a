package io.viworks.backplane.ownership;

import static io.viworks.backplane.Bench.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.backplane.Bench;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisAcl.Service;
import io.viworks.backplane.Samples;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Bridges that live, that leave, and that stop beating. */
class PresenceTest {
    private final Bench bench = new Bench();
    private final BridgeId bridge = Samples.bridge();
    private final Presence presence =
            new Presence(
                    bench.login(Service.AGENT_BRIDGE),
                    bridge,
                    "0.1.0",
                    "10.0.0.8:9082",
                    InstantSource.fixed(Samples.TS));
    private final Owners owners = new Owners(bench.login(Service.ADMIN_API));

    @AfterEach
    void close() {
        bench.close();
    }

    @Test
    void aBeatSaysThatTheBridgeLives() {
        BridgeId silent = Samples.bridge();
        get(presence.beat());
        assertThat(get(owners.living(List.of(bridge, silent)))).containsExactly(bridge);
        assertThat(bench.raw.pttl(Keys.bridge(bridge))).isBetween(1_000L, 15_000L);
        assertThat(bench.raw.zscore(Keys.BRIDGES, bytes(bridge))).isPositive();
        assertThat(bench.records(Keys.AGENT_HELLO, StreamRecord.OfHello.class))
                .containsExactly(
                        new StreamRecord.Seen(bridge, Samples.TS, "0.1.0", "10.0.0.8:9082"));
    }

    @Test
    void aBridgeThatStopsBeatingIsNoneOfTheLiving() {
        get(presence.beat());
        bench.raw.pexpire(Keys.bridge(bridge), 1);
        await().until(() -> get(owners.living(List.of(bridge))).isEmpty());
        get(presence.beat());
        assertThat(get(owners.living(List.of(bridge)))).containsExactly(bridge);
    }

    @Test
    void aBridgeThatLeavesIsStillKnownForWhatItMayHaveLeft() {
        get(presence.beat());
        get(presence.leave());
        assertThat(get(owners.living(List.of(bridge)))).isEmpty();
        assertThat(bench.raw.zscore(Keys.BRIDGES, bytes(bridge))).isNotNull();
    }

    @Test
    void aBeatMakesItKnownAgainAfterRedisForgotEverything() {
        get(presence.beat());
        bench.redis.flush();
        bench.forgetScripts();
        get(presence.beat());
        assertThat(get(owners.living(List.of(bridge)))).containsExactly(bridge);
        assertThat(bench.raw.zscore(Keys.BRIDGES, bytes(bridge))).isNotNull();
    }

    @Test
    void ownersAreFoundInOneLookAndStrangersAreAbsent() {
        bench.project();
        Ownership ownership = new Ownership(bench.login(Service.AGENT_BRIDGE));
        get(
                ownership.claim(
                        Samples.hello(
                                Samples.origin(bridge, Samples.session(), Samples.instance(), 0))));
        AgentId stranger = AgentId.of("stranger");
        Map<AgentId, Owner> found = get(owners.find(List.of(Samples.AGENT, stranger)));
        assertThat(found).containsOnlyKeys(Samples.AGENT);
        assertThat(found.values()).extracting(Owner::bridgeId).containsExactly(bridge);
        assertThat(get(owners.find(stranger))).isEmpty();
        assertThat(get(owners.find(List.of()))).isEmpty();
    }

    private static byte[] bytes(BridgeId bridge) {
        return bridge.toString().getBytes(StandardCharsets.UTF_8);
    }
}
