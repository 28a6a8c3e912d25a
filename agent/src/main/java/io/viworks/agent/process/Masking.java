package io.viworks.agent.process;

import java.util.Set;

/**
 * Masks secrets in a text that comes in pieces, wherever the pieces break, and also when a line
 * break stands within one. What may be the beginning of a secret is held back until the next piece
 * decides it, never more than the longest secret and its line breaks. Not thread-safe.
 */
final class Masking {
    /** A beginning of a secret at least this long is masked when the text ends within it. */
    private static final int MIN_BEGINNING = 4;

    /**
     * Shorter secrets are not looked for across lines: columns of letters would be taken for one.
     */
    private static final int MIN_BROKEN = 8;

    /** Characters of a line break. */
    private static final int MAX_BREAK = 2;

    private static final int NO = -1;
    private static final int MORE = -2;

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
            longest = Math.max(longest, match(secret, at));
        }
        return longest;
    }

    /** Where the longest end of the text starts that may become a secret. */
    private int firstUndecided() {
        int length = held.length();
        int first = length;
        for (String secret : secrets) {
            for (int i = Math.max(0, length - longest(secret) + 1); i < first; i++) {
                if (match(secret, i) == MORE) {
                    first = i;
                }
            }
        }
        return first;
    }

    /** Characters a secret takes at most, with the line breaks within it. */
    private static int longest(String secret) {
        return mayBreak(secret) ? secret.length() * (1 + MAX_BREAK) : secret.length();
    }

    /** Programs break long texts into lines: base64 does it at 76 characters. */
    private static boolean mayBreak(String secret) {
        return secret.length() >= MIN_BROKEN;
    }

    /** Characters of the text that are the secret from here on, or {@link #NO}, {@link #MORE}. */
    private int match(String secret, int at) {
        int next = at;
        for (int i = 0; i < secret.length(); i++, next++) {
            char wanted = secret.charAt(i);
            if (i > 0 && mayBreak(secret)) {
                next = afterBreak(next, wanted);
            }
            if (next >= held.length()) {
                return MORE;
            }
            if (held.charAt(next) != wanted) {
                return NO;
            }
        }
        return next - at;
    }

    /** Passes over a line break that is not the secret's own. */
    private int afterBreak(int at, char wanted) {
        int next = at;
        while (next < held.length()
                && next - at < MAX_BREAK
                && held.charAt(next) != wanted
                && (held.charAt(next) == '\n' || held.charAt(next) == '\r')) {
            next++;
        }
        return next;
    }
}
