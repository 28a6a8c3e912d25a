package io.viworks.bridge;

import io.viworks.backplane.Answers;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.ownership.Ownership;
import io.viworks.backplane.ownership.Presence;
import io.viworks.bridge.ingress.Relief;
import io.viworks.bridge.ownership.Keeper;
import io.viworks.service.Pulse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** What this bridge does again and again while it lives, each on a thread of its own. */
final class KeptUp implements AutoCloseable {
    private final Keeper keeper;
    private final Presence presence;
    private final RedisConnections redis;
    private final Relief relief;
    private final Trust trust;
    private volatile List<Pulse> all = List.of();

    KeptUp(Keeper keeper, Presence presence, RedisConnections redis, Relief relief, Trust trust) {
        this.keeper = keeper;
        this.presence = presence;
        this.redis = redis;
        this.relief = relief;
        this.trust = trust;
    }

    void start() {
        all =
                List.of(
                        Pulse.start(
                                "presence",
                                Presence.BEAT_EVERY,
                                () -> Answers.await(presence.beat())),
                        Pulse.start("owner keys", Ownership.RENEW_EVERY, keeper::renew),
                        Pulse.start("directory", Keeper.WATCH_EVERY, keeper::watch),
                        Pulse.start("trust", Trust.LOOK_EVERY, trust::look),
                        Pulse.start(
                                "pressure",
                                Duration.ofSeconds(Relief.LOOK_EVERY_S),
                                () -> relief.measured(Answers.await(redis.pressure()))));
    }

    /** Whether all of it goes on. */
    boolean alive() {
        List<Pulse> now = all;
        return now.stream().allMatch(Pulse::alive);
    }

    @Override
    public void close() {
        // Each may wait for an answer of Redis: together they wait no longer than one.
        try (ExecutorService closing = Executors.newVirtualThreadPerTaskExecutor()) {
            all.forEach(pulse -> closing.execute(pulse::close));
        }
    }
}
