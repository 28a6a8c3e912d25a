package io.viworks.cli;

import java.io.PrintStream;

/** What was shown of one output stream while the command ran. For one thread. */
final class LiveOutput {
    /** Longest text, in characters, that is compared with the result's. */
    private static final int MAX_KEPT = 1 << 20;

    private final PrintStream out;
    private final StringBuilder shown = new StringBuilder();

    LiveOutput(PrintStream out) {
        this.out = out;
    }

    /** Shows a piece at once. */
    void piece(String text) {
        out.print(Harmless.lines(text));
        out.flush();
        if (shown.length() <= MAX_KEPT) {
            shown.append(text);
        }
    }

    /**
     * Shows what of the result was not shown yet.
     *
     * @return whether pieces were missing, so that all of it was shown again
     */
    boolean end(String result) {
        String before = shown.toString();
        if (before.length() > MAX_KEPT || before.strip().contains(result.strip())) {
            endLine(before);
            return false;
        }
        boolean gap = !result.startsWith(before);
        if (gap) {
            endLine(before);
        }
        String rest = gap ? result : result.substring(before.length());
        out.print(Harmless.lines(rest));
        endLine(rest);
        return gap;
    }

    private void endLine(String last) {
        if (!last.isEmpty() && !last.endsWith("\n")) {
            out.println();
        }
        out.flush();
    }
}
