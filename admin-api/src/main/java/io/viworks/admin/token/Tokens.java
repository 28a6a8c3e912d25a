package io.viworks.admin.token;

import io.viworks.service.Pulse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Who a bearer token belongs to. All valid tokens are in memory, read again every {@link #REFRESH}:
 * a wrong one, however often it is sent, costs the database nothing, and a revoked one is refused
 * that much later at most. Thread-safe.
 */
public final class Tokens implements AutoCloseable {
    /** How late a new, changed or revoked token is noticed. */
    static final Duration REFRESH = Duration.ofSeconds(3);

    /** How long tokens are believed while the database is away. */
    static final Duration MAX_AGE = Duration.ofMinutes(5);

    /** Longest token text that is looked at. */
    private static final int MAX_TEXT = 256;

    private static final Logger log = LoggerFactory.getLogger(Tokens.class);

    private final ApiTokens table;
    private final TransactionTemplate transaction;
    private final InstantSource clock;
    private final List<TokenLine> file;
    private final Pulse pulse;
    private volatile @Nullable Snapshot snapshot;
    private boolean fileStored;

    Tokens(
            ApiTokens table,
            TransactionTemplate transaction,
            InstantSource clock,
            List<TokenLine> file) {
        this.table = table;
        this.transaction = transaction;
        this.clock = clock;
        this.file = file;
        this.pulse = Pulse.start("tokens", REFRESH, this::refresh);
    }

    /**
     * The caller with this token, when it is known and valid now.
     *
     * @throws DataAccessResourceFailureException when the tokens could not be read for too long
     */
    public Optional<Caller> callerOf(String text) {
        Snapshot known = snapshot;
        Instant now = clock.instant();
        if (known == null || now.isAfter(known.readAt().plus(MAX_AGE))) {
            throw new DataAccessResourceFailureException("bearer tokens could not be read");
        }
        if (text.isEmpty() || text.length() > MAX_TEXT) {
            return Optional.empty();
        }
        String sha256 = sha256(text);
        ApiToken token = known.bySha256().get(sha256);
        if (token == null || !sameInConstantTime(token.sha256(), sha256)) {
            return Optional.empty();
        }
        return token.isValidAt(now) ? Optional.of(token.caller()) : Optional.empty();
    }

    /** Whether callers can be told apart at all: not before the first reading. */
    public boolean ready() {
        return snapshot != null;
    }

    /** Whether tokens are still read again and again. */
    public boolean alive() {
        return pulse.alive();
    }

    @Override
    public void close() {
        pulse.close();
    }

    private void refresh() {
        if (!fileStored) {
            transaction.executeWithoutResult(_ -> file.forEach(this::store));
            fileStored = true;
        }
        Map<String, ApiToken> valid =
                table.findByRevokedAtIsNull().stream()
                        .collect(
                                Collectors.toUnmodifiableMap(
                                        ApiToken::sha256, Function.identity(), (a, _) -> a));
        if (snapshot == null) {
            log.atInfo().addKeyValue("event", "tokens_read").log("{} tokens read", valid.size());
        }
        snapshot = new Snapshot(valid, clock.instant());
    }

    private void store(TokenLine line) {
        ApiToken token =
                table.findById(line.name())
                        .orElseGet(() -> new ApiToken(line.name(), clock.instant(), line));
        token.update(line);
        table.save(token);
    }

    private static boolean sameInConstantTime(String a, String b) {
        return MessageDigest.isEqual(
                a.getBytes(StandardCharsets.US_ASCII), b.getBytes(StandardCharsets.US_ASCII));
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private record Snapshot(Map<String, ApiToken> bySha256, Instant readAt) {}
}
