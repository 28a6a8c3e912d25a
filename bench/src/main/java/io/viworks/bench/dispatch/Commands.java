package io.viworks.bench.dispatch;

import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisConnections;
import io.viworks.bench.Drain;
import io.viworks.bench.Resp;
import io.viworks.bench.load.LoadPlan;
import io.viworks.bench.load.Stamped;
import io.viworks.protocol.AgentId;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Writes commands to the public door, evenly, each stamped with the moment. For one thread. */
final class Commands implements AutoCloseable {
    /** Between two writes at most; what is due by then goes together. */
    private static final long TICK_NANOS = 500_000;

    private final Resp redis;
    private final String life;
    private final LoadPlan plan;
    private long number;

    Commands(String redisUrl, LoadPlan plan) throws IOException {
        this.redis = new Resp(redisUrl);
        this.plan = plan;
        try (RedisConnections connections = RedisConnections.open(redisUrl, "bench")) {
            this.life = connections.life().toCompletableFuture().join();
        }
    }

    /** Writes so many a second for so long; answers how many. */
    long write(int perSecond, Duration time) throws IOException {
        long begun = System.nanoTime();
        long written = 0;
        for (long now = begun; now - begun < time.toNanos(); now = System.nanoTime()) {
            long due = (long) ((now - begun) / 1e9 * perSecond) - written;
            for (long i = 0; i < due; i++) {
                redis.send(command());
            }
            redis.flush();
            for (long i = 0; i < due; i++) {
                var _ = redis.reply();
            }
            written += due;
            LockSupport.parkNanos(TICK_NANOS);
        }
        return written;
    }

    /**
     * Waits until whoever reads them has taken all, so that none of this rate meets the next.
     *
     * @return how long that took
     * @throws IOException when it does not come to its end
     */
    Duration awaitTaken(Duration patience) throws IOException, InterruptedException {
        long begun = System.nanoTime();
        while (!Drain.isThrough(redis, Keys.COMMANDS)) {
            if (System.nanoTime() - begun > patience.toNanos()) {
                throw new IOException(
                        "commands are not taken within %d s of the last: at this rate it does not keep up"
                                .formatted(patience.toSeconds()));
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    private Object[] command() {
        AgentId agent = AgentId.of(plan.id((int) (number % plan.agents())));
        return CommandRecord.added(agent, Stamped.now(number++), life);
    }

    @Override
    public void close() throws IOException {
        redis.close();
    }
}
