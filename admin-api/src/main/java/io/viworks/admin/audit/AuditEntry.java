package io.viworks.admin.audit;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One row of the audit log.
 *
 * @param who the caller's name, or {@link #STRANGER}
 * @param what the action
 * @param target what it was done to
 * @param from the caller's address
 * @param outcome {@code accepted}, or the code of the refusal
 * @param detail further facts as a JSON object; never a secret
 */
public record AuditEntry(
        Instant ts,
        String who,
        String what,
        @Nullable String target,
        String from,
        String outcome,
        @Nullable String detail) {
    /** Stands for a caller who could not say who he is. */
    public static final String STRANGER = "(nobody)";

    /** Longest word of a row in characters. */
    private static final int MAX_WORD = 256;

    /** What strangers sent does no harm to whoever reads the row. */
    public AuditEntry {
        who = HarmlessText.of(who, MAX_WORD);
        what = HarmlessText.of(what, MAX_WORD);
        target = target == null ? null : HarmlessText.of(target, MAX_WORD);
        from = HarmlessText.of(from, MAX_WORD);
    }
}
