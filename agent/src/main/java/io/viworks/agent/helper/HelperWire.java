package io.viworks.agent.helper;

import io.viworks.protocol.Bytes;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A request's line {@code <hex mac> <json>\n}: the MAC is HMAC-SHA256 with the helper's secret over
 * the JSON's bytes as they are sent (spec 6). Stateless.
 */
public final class HelperWire {
    /** Longest line of a request in bytes: arguments and, signed, the same once more. */
    public static final int MAX_LINE_BYTES = 512 * 1024;

    /** Longest line of an answer in bytes: two outputs as encoded, and what is around them. */
    public static final int MAX_ANSWER_BYTES = 192 * 1024;

    private static final String ALGORITHM = "HmacSHA256";
    private static final int MAC_CHARS = 64;

    private HelperWire() {}

    /** The whole line. */
    public static byte[] line(Bytes secret, byte[] json) {
        byte[] mac = mac(secret, json).getBytes(StandardCharsets.US_ASCII);
        byte[] line = new byte[MAC_CHARS + 1 + json.length + 1];
        System.arraycopy(mac, 0, line, 0, MAC_CHARS);
        line[MAC_CHARS] = ' ';
        System.arraycopy(json, 0, line, MAC_CHARS + 1, json.length);
        line[line.length - 1] = '\n';
        return line;
    }

    /**
     * The JSON of a line, which nothing has looked into yet.
     *
     * @param line without its end
     * @throws BadRequest when it has another form or another MAC
     */
    public static byte[] verified(Bytes secret, byte[] line) throws BadRequest {
        if (line.length < MAC_CHARS + 2 || line[MAC_CHARS] != ' ') {
            throw new BadRequest(
                    HelperCodes.BAD_REQUEST, "a request must be a MAC in hex, a space, and JSON");
        }
        byte[] json = new byte[line.length - MAC_CHARS - 1];
        System.arraycopy(line, MAC_CHARS + 1, json, 0, json.length);
        byte[] said = new byte[MAC_CHARS];
        System.arraycopy(line, 0, said, 0, MAC_CHARS);
        byte[] right = mac(secret, json).getBytes(StandardCharsets.US_ASCII);
        if (!MessageDigest.isEqual(right, said)) {
            throw new BadRequest(
                    HelperCodes.BAD_MAC,
                    "the MAC must be HMAC-SHA256 over the JSON's bytes with the helper's secret");
        }
        return json;
    }

    /** HMAC-SHA256 in lower-case hex. */
    public static String mac(Bytes secret, byte[] bytes) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(secret.array(), ALGORITHM));
            return HexFormat.of().formatHex(mac.doFinal(bytes));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
    }

    /** SHA-256 of a text in UTF-8, in lower-case hex. */
    public static String digest(String text) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
