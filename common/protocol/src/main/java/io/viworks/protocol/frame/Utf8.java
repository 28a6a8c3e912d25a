package io.viworks.protocol.frame;

/** The well-formed byte sequences of UTF-8 (Unicode 17, table 3-7; RFC 3629). */
final class Utf8 {
    private Utf8() {}

    /** Whether the bytes are well-formed: no overlong forms, no surrogates, nothing cut off. */
    static boolean isValid(byte[] text) {
        int i = 0;
        while (i < text.length) {
            int lead = text[i] & 0xff;
            if (lead < 0x80) {
                i++;
                continue;
            }
            int length = sequenceLength(lead);
            if (length == 0 || i + length > text.length || !secondFits(lead, text[i + 1] & 0xff)) {
                return false;
            }
            for (int k = 2; k < length; k++) {
                if ((text[i + k] & 0xc0) != 0x80) {
                    return false;
                }
            }
            i += length;
        }
        return true;
    }

    private static int sequenceLength(int lead) {
        if (lead >= 0xc2 && lead <= 0xdf) {
            return 2;
        }
        if (lead >= 0xe0 && lead <= 0xef) {
            return 3;
        }
        return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
    }

    private static boolean secondFits(int lead, int second) {
        int low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        int high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        return second >= low && second <= high;
    }
}
