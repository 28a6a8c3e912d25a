package io.viworks.backplane;

import static io.viworks.backplane.Bench.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.Range;
import io.viworks.backplane.RedisAcl.Service;
import io.viworks.backplane.delivery.CommandSender;
import io.viworks.backplane.delivery.Delivered;
import io.viworks.backplane.delivery.Deliveries;
import io.viworks.backplane.directory.Directory;
import io.viworks.backplane.directory.DirectoryProjection;
import io.viworks.backplane.ownership.Hold;
import io.viworks.backplane.ownership.Ownership;
import io.viworks.backplane.stream.MalformedRecord;
import io.viworks.backplane.stream.RecordFields;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.SessionId;
import io.viworks.testkit.TestRedis;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The life of Redis's memory while it is started again, and what is left of the rest. */
class LifeTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final TestRedis redis = TestRedis.start(Users.lines());
    private final RedisConnections bridging = open(Service.AGENT_BRIDGE);
    private final RedisConnections admin = open(Service.ADMIN_API);

    @AfterEach
    void close() {
        bridging.close();
        admin.close();
        redis.close();
    }

    private RedisConnections open(Service service) {
        return RedisConnections.open(Users.urlOf(redis, service), service.user());
    }

    private String life() {
        return await().atMost(LONG)
                .ignoreException(WorldAway.class)
                .until(() -> get(bridging.life()), life -> true);
    }

    @Test
    void everybodyIsToldTheSameLife() {
        assertThat(get(admin.life())).isEqualTo(life());
        assertThat(life()).matches("[0-9a-f]{40}:[0-9a-f-]{36}");
    }

    @Test
    void emptyingRedisEndsItsLife() {
        String before = life();
        redis.flush();
        assertThat(life()).isNotEqualTo(before);
        assertThat(get(admin.life())).isEqualTo(life());
    }

    /** A restart may have lost the last second, and with it the decision about a copy. */
    @Test
    void aRestartEndsItsLifeThoughTheRestIsStillThere() throws MalformedRecord {
        BridgeId bridge = Samples.bridge();
        SessionId session = Samples.session();
        AgentId agent = Samples.AGENT;
        get(new DirectoryProjection(admin).projectAll(List.of()));
        Ownership ownership = new Ownership(bridging);
        get(ownership.claim(Samples.hello(Samples.origin(bridge, session, null, 0))));
        get(new CommandSender(admin).send(bridge, Samples.command(Samples.command(), 1, null)));
        String before = life();
        redis.stop();
        redis.startAgain();
        assertThat(life()).isNotEqualTo(before);
        await().atMost(LONG).until(admin::connected);
        assertThat(get(new Directory(bridging).version())).isPresent();
        assertThat(get(ownership.renew(Map.of(agent, session)))).containsEntry(agent, Hold.HELD);
        assertThat(
                        get(
                                new Deliveries(bridging, bridge)
                                        .deliver(
                                                first(bridge),
                                                Instant.now().plusSeconds(60),
                                                session,
                                                true)))
                .isEqualTo(new Delivered.Dropped(Delivered.Dropped.Cause.OLD_LIFE));
    }

    private StreamRecord.Command first(BridgeId bridge) throws MalformedRecord {
        var entry =
                get(bridging.ask(r -> r.xrange(Keys.commandsOf(bridge), Range.unbounded())))
                        .getFirst();
        return RecordFields.read(StreamRecord.Command.class, entry.getId(), entry.getBody());
    }
}
