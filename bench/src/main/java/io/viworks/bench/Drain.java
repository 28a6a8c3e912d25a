package io.viworks.bench;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A backlog of one stream, made aside under another name and put before its reader at one moment,
 * and the wait until the reader is through. For one thread.
 */
public final class Drain implements AutoCloseable {
    /** Answers that may be outstanding while the backlog is made. */
    private static final int UNDERWAY = 1_000;

    private static final String ASIDE = "viw.bench.backlog";

    private final Resp redis;
    private final String stream;
    private final String group;
    private int outstanding;

    public Drain(String redisUrl, String stream, String group) throws IOException {
        this.redis = new Resp(redisUrl);
        this.stream = stream;
        this.group = group;
    }

    /** Begins a backlog. */
    public void begin() throws IOException {
        var _ = redis.ask("DEL", ASIDE);
    }

    /** Adds a record, given as names and values in turn. */
    public void add(List<Object> fields) throws IOException {
        Object[] words = new Object[fields.size() + 3];
        words[0] = "XADD";
        words[1] = ASIDE;
        words[2] = "*";
        for (int i = 0; i < fields.size(); i++) {
            words[i + 3] = fields.get(i);
        }
        redis.send(words);
        if (++outstanding == UNDERWAY) {
            collect();
        }
    }

    private void collect() throws IOException {
        redis.flush();
        for (; outstanding > 0; outstanding--) {
            var _ = redis.reply();
        }
    }

    /** Puts the backlog where its reader finds it. */
    public void present() throws IOException {
        collect();
        var _ = redis.ask("XGROUP", "CREATE", ASIDE, group, "0");
        var _ = redis.ask("RENAME", ASIDE, stream);
    }

    /** Waits until everything has been read and acknowledged. */
    public void awaitEnd(Packaged reader) throws IOException, InterruptedException {
        while (!isThrough()) {
            reader.check();
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    private boolean isThrough() throws IOException {
        return isThrough(redis, stream);
    }

    /** Whether the one group of a stream has read and acknowledged all of it. */
    public static boolean isThrough(Resp redis, String stream) throws IOException {
        Object last = field(one(redis.ask("XINFO", "STREAM", stream)), "last-generated-id");
        List<?> theGroup = one(one(redis.ask("XINFO", "GROUPS", stream)).getFirst());
        return last != null
                && last.equals(field(theGroup, "last-delivered-id"))
                && Long.valueOf(0).equals(field(theGroup, "pending"));
    }

    private static List<?> one(@Nullable Object answer) {
        return answer instanceof List<?> list ? list : List.of();
    }

    private static @Nullable Object field(List<?> pairs, String name) {
        int at = pairs.indexOf(name);
        return at < 0 ? null : pairs.get(at + 1);
    }

    @Override
    public void close() throws IOException {
        redis.close();
    }
}
