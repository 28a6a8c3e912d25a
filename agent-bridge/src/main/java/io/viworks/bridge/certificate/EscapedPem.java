package io.viworks.bridge.certificate;

import io.viworks.protocol.Bytes;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * One certificate in PEM, escaped for a header as nginx's {@code $ssl_client_escaped_cert} is: a
 * percent sign and two hex digits for what a header or a URI cannot carry. A plus stands for
 * itself.
 */
final class EscapedPem {
    /** Longest header taken, in characters; three for each of the PEM's at worst. */
    static final int MAX_LENGTH = 16 * 1024;

    private static final String BEGIN = "-----BEGIN CERTIFICATE-----";
    private static final String END = "-----END CERTIFICATE-----";

    private EscapedPem() {}

    /** The certificate's DER; null when the text is anything else. */
    static @Nullable Bytes der(String escaped) {
        if (escaped.length() > MAX_LENGTH) {
            return null;
        }
        String pem = unescaped(escaped);
        if (pem == null) {
            return null;
        }
        pem = pem.strip();
        if (!pem.startsWith(BEGIN)
                || !pem.endsWith(END)
                || pem.length() < BEGIN.length() + END.length()) {
            return null;
        }
        String body = pem.substring(BEGIN.length(), pem.length() - END.length());
        try {
            return Bytes.of(Base64.getDecoder().decode(body.replaceAll("[\r\n\t ]", "")));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static @Nullable String unescaped(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c > 0x7e) {
                return null;
            }
            if (c != '%') {
                bytes.write(c);
                continue;
            }
            if (i + 2 >= text.length()
                    || !HexFormat.isHexDigit(text.charAt(i + 1))
                    || !HexFormat.isHexDigit(text.charAt(i + 2))) {
                return null;
            }
            bytes.write(HexFormat.fromHexDigits(text, i + 1, i + 3));
            i += 2;
        }
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }
}
