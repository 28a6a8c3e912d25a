package io.viworks.conformance.secrecy;

import io.viworks.protocol.Bytes;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Secret values to look for: any twelve characters of one, as they are or as base64, hexadecimal or
 * URL encoding write them, also where line breaks stand within. Immutable.
 */
final class Markers {
    /** Characters of a spelling that are looked for; fewer stand somewhere by chance. */
    private static final int WINDOW = 12;

    /** Hexadecimal says half as much with a character. */
    private static final int HEX_WINDOW = 24;

    private record Needle(Bytes bytes, String marker) {}

    /** By the first eight bytes: everything is looked at once, at every place. */
    private final Map<Long, List<Needle>> needles = new HashMap<>();

    /** For values by name. */
    Markers(Map<String, String> markers) {
        markers.forEach(this::add);
    }

    private void add(String marker, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        windows(marker, value, WINDOW);
        windows(marker, URLEncoder.encode(value, StandardCharsets.UTF_8), WINDOW);
        String hex = HexFormat.of().formatHex(bytes);
        windows(marker, hex, HEX_WINDOW);
        windows(marker, hex.toUpperCase(Locale.ROOT), HEX_WINDOW);
        for (Base64.Encoder encoder :
                List.of(
                        Base64.getEncoder().withoutPadding(),
                        Base64.getUrlEncoder().withoutPadding())) {
            for (int before = 0; before < 3; before++) {
                byte[] shifted = new byte[before + bytes.length];
                System.arraycopy(bytes, 0, shifted, before, bytes.length);
                String encoded = encoder.encodeToString(shifted);
                windows(marker, encoded.substring(before == 0 ? 0 : before + 1), WINDOW);
            }
        }
    }

    private void windows(String marker, String spelling, int window) {
        byte[] bytes = spelling.getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i + window <= bytes.length; i++) {
            byte[] needle = new byte[window];
            System.arraycopy(bytes, i, needle, 0, window);
            needles.computeIfAbsent(first(needle, 0), _ -> new ArrayList<>())
                    .add(new Needle(Bytes.of(needle), marker));
        }
    }

    /** Which of them are in a text. */
    Set<String> in(String text) {
        return in(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Which of them are in these bytes. */
    Set<String> in(byte[] content) {
        Set<String> found = new TreeSet<>();
        look(content, content.length, found);
        byte[] joined = new byte[content.length];
        look(joined, joinLines(content, joined), found);
        return found;
    }

    /** Without line breaks, those that logs and JSON spell as two characters too. */
    private static int joinLines(byte[] content, byte[] joined) {
        int length = 0;
        for (int i = 0; i < content.length; i++) {
            byte b = content[i];
            boolean escaped =
                    b == '\\'
                            && i + 1 < content.length
                            && (content[i + 1] == 'n' || content[i + 1] == 'r');
            if (escaped) {
                i++;
            } else if (b != '\n' && b != '\r') {
                joined[length] = b;
                length++;
            }
        }
        return length;
    }

    private void look(byte[] content, int length, Set<String> found) {
        for (int i = 0; i + 8 <= length; i++) {
            List<Needle> candidates = needles.get(first(content, i));
            if (candidates != null) {
                for (Needle needle : candidates) {
                    if (is(content, i, length, needle.bytes().array())) {
                        found.add(needle.marker());
                    }
                }
            }
        }
    }

    private static boolean is(byte[] content, int at, int length, byte[] needle) {
        if (at + needle.length > length) {
            return false;
        }
        for (int i = 0; i < needle.length; i++) {
            if (content[at + i] != needle[i]) {
                return false;
            }
        }
        return true;
    }

    private static long first(byte[] bytes, int at) {
        long value = 0;
        for (int i = 0; i < 8; i++) {
            value = (value << 8) | (bytes[at + i] & 0xff);
        }
        return value;
    }
}
