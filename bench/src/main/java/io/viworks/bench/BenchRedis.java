package io.viworks.bench;

import io.viworks.embedded.EmbeddedRedis;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A Redis of this run that keeps an append-only file, fsynced each second as shipped. It rewrites
 * the file only between turns: a rewrite within one would be that one's bad luck. For one thread.
 */
public final class BenchRedis implements AutoCloseable {
    private final EmbeddedRedis redis;
    private final Resp resp;

    private BenchRedis(EmbeddedRedis redis) throws IOException {
        this.redis = redis;
        this.resp = new Resp(redis.url());
    }

    /** Starts it, with its files in this folder. */
    public static BenchRedis start(Path folder) throws IOException {
        return new BenchRedis(
                EmbeddedRedis.start(folder, 0, List.of("auto-aof-rewrite-percentage 0")));
    }

    public int port() {
        return redis.port();
    }

    public String url() {
        return redis.url();
    }

    /** Processor time it has used so far. */
    public Duration cpu() throws IOException {
        return Cpu.of(redis.process().pid());
    }

    /** Removes a stream and writes the append-only file anew, for the next turn. */
    public void tidy(String stream) throws IOException, InterruptedException {
        var _ = resp.ask("DEL", stream);
        var _ = resp.ask("BGREWRITEAOF");
        do {
            TimeUnit.MILLISECONDS.sleep(50);
        } while (String.valueOf(resp.ask("INFO", "persistence"))
                .contains("aof_rewrite_in_progress:1"));
    }

    @Override
    public void close() throws IOException {
        resp.close();
        redis.close();
    }
}
