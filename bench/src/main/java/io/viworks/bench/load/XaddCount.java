package io.viworks.bench.load;

import io.viworks.bench.Resp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many XADDs a Redis has executed, by its own count: what confirms a TELEMETRY frame, for the
 * protocol has no answer to it. The same for every server measured. Thread-safe.
 */
final class XaddCount {
    private static final Pattern CALLS = Pattern.compile("cmdstat_xadd:calls=([0-9]+)");

    private final Resp resp;

    XaddCount(int port) {
        try {
            resp = new Resp("redis://127.0.0.1:" + port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Since Redis started. */
    synchronized long now() {
        try {
            Matcher found = CALLS.matcher(String.valueOf(resp.ask("INFO", "commandstats")));
            return found.find() ? Long.parseLong(found.group(1)) : 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
