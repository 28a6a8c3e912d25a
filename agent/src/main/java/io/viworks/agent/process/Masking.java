package io.viworks.agent.process;

import java.util.Set;

/**
 * Masks secrets in a text that comes in pieces, wherever the pieces break. What may be the
 * beginning of a secret is held back until the next piece decides it, never more than the longest
 * secret. Not thread-safe.
 */
final class Masking {
    /** A beginning of a secret at least this long is masked when the text ends within it. */
    private static final int MIN_BEGINNING = 4;

    private final Set<String> secrets;
    private final String mask;
    private final StringBuilder held = new StringBuilder();

    /** Characters of {@link #held} that belong to a secret found already. */
    private int covered;

    Masking(Set<String> secrets, String mask) {
        this.secrets = secrets;
        this.mask = mask;
    }

    /** Takes a piece, and gives what can be shown by now. */
    String next(String piece) {
        if (secrets.isEmpty()) {
            return piece;
        }
        held.append(piece);
        return show(firstUndecided(), 0);
    }

    /**
     * Gives the rest.
     *
     * @param cut whether more would have come: the beginning of a secret is hidden then
     */
    String end(boolean cut) {
        if (secrets.isEmpty()) {
            return "";
        }
        int undecided = firstUndecided();
        int beginning = held.length() - undecided;
        return show(held.length(), cut && beginning >= MIN_BEGINNING ? beginning : 0);
    }

    /** Shows up to here; overlapping secrets share one mask. */
    private String show(int end, int hiddenTail) {
        int hiddenFrom = held.length() - hiddenTail;
        StringBuilder shown = new StringBuilder(end);
        int coveredTo = covered;
        for (int i = 0; i < end; i++) {
            int found = i + longestAt(i);
            if (i >= hiddenFrom) {
                found = held.length();
            }
            if (found > i && found > coveredTo) {
                if (i >= coveredTo) {
                    shown.append(mask);
                }
                coveredTo = found;
            }
            if (i >= coveredTo) {
                shown.append(held.charAt(i));
            }
        }
        covered = Math.max(0, coveredTo - end);
        held.delete(0, end);
        return shown.toString();
    }

    private int longestAt(int at) {
        int longest = 0;
        for (String secret : secrets) {
            if (secret.length() > longest && startsWith(secret, at, secret.length())) {
                longest = secret.length();
            }
        }
        return longest;
    }

    /** Where the longest end of the text starts that may become a secret. */
    private int firstUndecided() {
        int length = held.length();
        int first = length;
        for (String secret : secrets) {
            for (int i = Math.max(0, length - secret.length() + 1); i < first; i++) {
                if (startsWith(secret, i, length - i)) {
                    first = i;
                }
            }
        }
        return first;
    }

    private boolean startsWith(String secret, int at, int characters) {
        if (at + characters > held.length()) {
            return false;
        }
        for (int i = 0; i < characters; i++) {
            if (held.charAt(at + i) != secret.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
