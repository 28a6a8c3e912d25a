package io.viworks.admin.oidc;

import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.RemoteKeySourceException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import io.viworks.service.limit.TokenBucket;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The issuer's keys, read when they are first needed and again every {@link #REFRESH}. A key that
 * is not known makes them be read at once, {@value #SPARE} times in a row and then once in {@link
 * #AGAIN}: nobody makes us flood the issuer by inventing key ids. While the issuer is away its last
 * keys are believed for {@link #BELIEVED}. Thread-safe; one thread at a time reads.
 */
final class IssuerKeys implements JWKSource<SecurityContext> {
    /** Age at which keys are read again. */
    static final Duration REFRESH = Duration.ofMinutes(5);

    /** Age at which keys that could not be read again count no more. */
    static final Duration BELIEVED = Duration.ofHours(1);

    /** Between two readings for the sake of unknown keys. */
    static final Duration AGAIN = Duration.ofSeconds(30);

    /** Readings for the sake of unknown keys that may follow each other at once. */
    static final int SPARE = 3;

    /** Between two attempts while the issuer is away. */
    static final Duration RETRY = Duration.ofSeconds(5);

    /** Longest wait for another thread that reads. */
    private static final Duration PATIENCE = Duration.ofSeconds(7);

    private static final Logger log = LoggerFactory.getLogger(IssuerKeys.class);

    private final Source source;
    private final InstantSource clock;
    private final LongSupplier nanos;
    private final TokenBucket unknown;
    private final ReentrantLock reading = new ReentrantLock();
    private volatile @Nullable Known known;
    private volatile @Nullable Instant failedAt;

    /** Where keys come from. */
    interface Source {
        /**
         * Reads all keys.
         *
         * @throws IOException when they cannot be had; says why
         */
        List<JWK> read() throws IOException;
    }

    private record Known(JWKSet keys, Instant readAt) {
        boolean isYounger(Duration age, Instant now) {
            return now.isBefore(readAt.plus(age));
        }
    }

    IssuerKeys(Source source, InstantSource clock, LongSupplier nanos) {
        this.source = source;
        this.clock = clock;
        this.nanos = nanos;
        this.unknown = new TokenBucket(1.0 / AGAIN.toSeconds(), SPARE, nanos.getAsLong());
    }

    /** Whether the last reading went well, or there was none yet. */
    boolean reachable() {
        return failedAt == null;
    }

    @Override
    public List<JWK> get(JWKSelector wanted, @Nullable SecurityContext context)
            throws KeySourceException {
        Known current = current();
        List<JWK> found = wanted.select(current.keys());
        return found.isEmpty() ? wanted.select(newerThan(current).keys()) : found;
    }

    private Known current() throws KeySourceException {
        Known now = known;
        if (now != null && now.isYounger(REFRESH, clock.instant())) {
            return now;
        }
        return locked(() -> {
            Known meanwhile = known;
            Instant instant = clock.instant();
            if (meanwhile != null && meanwhile.isYounger(REFRESH, instant)) {
                return meanwhile;
            }
            try {
                return read();
            } catch (IOException e) {
                if (meanwhile != null && meanwhile.isYounger(BELIEVED, instant)) {
                    return meanwhile;
                }
                throw away(e);
            }
        });
    }

    private Known newerThan(Known old) throws KeySourceException {
        return locked(() -> {
            Known meanwhile = known;
            if (meanwhile != null && !meanwhile.equals(old)) {
                return meanwhile;
            }
            if (failedAt == null && !unknown.tryTake(nanos.getAsLong())) {
                return old;
            }
            try {
                return read();
            } catch (IOException e) {
                throw away(e);
            }
        });
    }

    /** Reads, unless the issuer was found to be away just now. */
    private Known read() throws IOException {
        Instant failed = failedAt;
        Instant now = clock.instant();
        if (failed != null && now.isBefore(failed.plus(RETRY))) {
            throw new IOException("the issuer was away a moment ago");
        }
        try {
            Known fresh = new Known(new JWKSet(source.read()), now);
            known = fresh;
            failedAt = null;
            log.atInfo()
                    .addKeyValue("event", "issuer_keys_read")
                    .log("{} keys of the issuer read", fresh.keys().getKeys().size());
            return fresh;
        } catch (IOException | RuntimeException e) {
            failedAt = clock.instant();
            log.atWarn()
                    .addKeyValue("event", "issuer_away")
                    .addKeyValue("error", String.valueOf(e.getMessage()))
                    .log("the issuer's keys cannot be read");
            throw e instanceof IOException io ? io : new IOException("unreadable keys", e);
        }
    }

    /** What is done under the lock. */
    private interface Reading {
        Known get() throws KeySourceException;
    }

    private Known locked(Reading task) throws KeySourceException {
        boolean held = false;
        try {
            held = reading.tryLock(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            if (!held) {
                throw new RemoteKeySourceException("another thread still reads the keys", null);
            }
            return task.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RemoteKeySourceException("interrupted", e);
        } finally {
            if (held) {
                reading.unlock();
            }
        }
    }

    private static RemoteKeySourceException away(IOException why) {
        return new RemoteKeySourceException(String.valueOf(why.getMessage()), why);
    }
}
