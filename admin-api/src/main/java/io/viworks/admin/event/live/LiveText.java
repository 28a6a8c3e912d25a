package io.viworks.admin.event.live;

import io.viworks.protocol.Redaction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One live output of a command on its way to a reader, without what looks like a secret. Pieces are
 * cut anywhere, so text is shown by whole lines: a secret that two pieces share is seen, too, and
 * so is one in a block of lines. What it gives out after a piece depends only on the pieces so far,
 * so a reader who comes again goes on where he was. For one thread.
 */
final class LiveText {
    /** Characters that wait for the end of their line or block; more are shown as they are. */
    static final int MAX_HELD = 16 * 1024;

    private static final Pattern BLOCK_BEGINS =
            Pattern.compile(
                    "-----BEGIN (?:[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?"
                            + "|OpenVPN Static key V1)-----");

    private static final String BLOCK_ENDS = "-----END ";

    /** What may have its secret in the next line. */
    private static final Pattern OPEN = Pattern.compile("(?:[=:]|(?i:\\b(?:bearer|basic)))\\s*$");

    private final Redaction redaction;
    private String held = "";
    private boolean inBlock;

    LiveText(Redaction redaction) {
        this.redaction = redaction;
    }

    /** Takes a piece and gives what can be shown by now; often nothing. */
    String add(String piece) {
        String text = outsideOfBlock(held + piece);
        int cut = shownUpTo(text);
        if (cut == 0 && text.length() > MAX_HELD) {
            cut = text.length();
            inBlock = opensBlock(text) >= 0;
        }
        held = text.substring(cut);
        return clean(text.substring(0, cut));
    }

    /** The end: gives what is left. */
    String end() {
        String rest = held;
        held = "";
        return clean(rest);
    }

    /** Of a block too long to wait for, nothing more is shown up to its end. */
    private String outsideOfBlock(String text) {
        if (!inBlock) {
            return text;
        }
        int end = text.indexOf(BLOCK_ENDS);
        if (end < 0) {
            return text.substring(Math.max(0, text.length() - BLOCK_ENDS.length()));
        }
        inBlock = false;
        return text.substring(end);
    }

    private int shownUpTo(String text) {
        if (inBlock) {
            return 0;
        }
        int cut = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1;
        int block = opensBlock(text.substring(0, cut));
        if (block >= 0) {
            cut = lineOf(text, block);
        }
        Matcher open = OPEN.matcher(text).region(Math.max(0, cut - 256), cut);
        return open.find() ? lineOf(text, open.start()) : cut;
    }

    /** Where a block begins that does not end; −1 when there is none. */
    private static int opensBlock(String text) {
        int begin = -1;
        Matcher blocks = BLOCK_BEGINS.matcher(text);
        while (blocks.find()) {
            begin = text.indexOf(BLOCK_ENDS, blocks.end()) < 0 ? blocks.start() : -1;
            if (begin >= 0) {
                return begin;
            }
        }
        return begin;
    }

    private static int lineOf(String text, int at) {
        return Math.max(text.lastIndexOf('\n', at - 1), text.lastIndexOf('\r', at - 1)) + 1;
    }

    private String clean(String text) {
        String clean = redaction.of(text);
        return clean == null ? "" : clean;
    }
}
