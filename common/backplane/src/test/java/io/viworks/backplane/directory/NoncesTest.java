package io.viworks.backplane.directory;

import static io.viworks.backplane.Bench.get;
import static io.viworks.backplane.Samples.AGENT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.backplane.Bench;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisAcl.Service;
import io.viworks.protocol.AgentId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A handshake's nonce is used up once, at whichever bridge. */
class NoncesTest {
    private final Bench bench = new Bench();
    private final Nonces here = new Nonces(bench.login(Service.AGENT_BRIDGE));
    private final Nonces there = new Nonces(bench.login(Service.AGENT_BRIDGE));

    @AfterEach
    void close() {
        bench.close();
    }

    @Test
    void aReplayAtAnotherBridgeIsRefused() {
        assertThat(get(here.use(AGENT, "n-1"))).isTrue();
        assertThat(get(there.use(AGENT, "n-1"))).isFalse();
        assertThat(get(here.use(AGENT, "n-1"))).isFalse();
        assertThat(get(there.use(AGENT, "n-2"))).isTrue();
    }

    @Test
    void agentsHaveTheirOwnNonces() {
        assertThat(get(here.use(AGENT, "n-1"))).isTrue();
        assertThat(get(there.use(AgentId.of("gateway-002"), "n-1"))).isTrue();
    }

    @Test
    void oneOfManyAtTheSameTimeIsLetIn() {
        List<CompletableFuture<Boolean>> uses = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            uses.add((i % 2 == 0 ? here : there).use(AGENT, "n-1").toCompletableFuture());
        }
        assertThat(uses.stream().map(Bench::get).filter(first -> first)).hasSize(1);
    }

    @Test
    void aNonceIsRememberedLongerThanAHandshakeIsValidAndNoLonger() {
        get(here.use(AGENT, "n-1"));
        String key = Keys.nonce(AGENT, "n-1");
        long kept = Nonces.KEPT.toMillis();
        assertThat(bench.raw.pttl(key)).isBetween(kept - 20_000, kept);
        get(there.use(AGENT, "n-1"));
        assertThat(bench.raw.pttl(key)).isLessThanOrEqualTo(kept);
        bench.raw.pexpire(key, 1);
        await().until(() -> get(there.use(AGENT, "n-1")));
    }
}
