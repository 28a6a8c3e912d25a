package io.viworks.agent.host;

import java.io.ByteArrayOutputStream;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** One HTTP/1.1 reply (RFC 9112) as far as container engines make use of it. */
record EngineReply(int status, String body) {
    private static final byte[] END_OF_LINE = {'\r', '\n'};
    private static final byte[] END_OF_HEAD = {'\r', '\n', '\r', '\n'};

    private static final byte[] LAST_CHUNK = {'0', '\r', '\n', '\r', '\n'};

    /**
     * Reads what has arrived.
     *
     * @param ended whether nothing more will come
     * @return empty while more is needed
     * @throws ProtocolException when it is no reply, or ended early
     */
    static Optional<EngineReply> parse(byte[] bytes, boolean ended) throws ProtocolException {
        int headEnd = indexOf(bytes, END_OF_HEAD, 0);
        Optional<EngineReply> reply = Optional.empty();
        if (headEnd >= 0) {
            String[] head = ascii(bytes, 0, headEnd).split("\r\n", -1);
            int status = status(head[0]);
            reply =
                    body(bytes, headEnd + END_OF_HEAD.length, headers(head), ended)
                            .map(body -> new EngineReply(status, body));
        }
        if (reply.isEmpty() && ended) {
            throw new ProtocolException("the reply ended before it was complete");
        }
        return reply;
    }

    private static Optional<String> body(
            byte[] bytes, int start, Map<String, String> headers, boolean ended)
            throws ProtocolException {
        String coding = headers.getOrDefault("transfer-encoding", "");
        if (coding.toLowerCase(Locale.ROOT).equals("chunked")) {
            // a long reply is not taken apart again for each piece of it that comes
            return ended || endsWith(bytes, LAST_CHUNK) ? chunked(bytes, start) : Optional.empty();
        }
        String declared = headers.get("content-length");
        if (declared == null) {
            return ended ? Optional.of(utf8(bytes, start, bytes.length)) : Optional.empty();
        }
        int length = number(declared, 10);
        return bytes.length - start < length
                ? Optional.empty()
                : Optional.of(utf8(bytes, start, start + length));
    }

    /** Joins the chunks (RFC 9112 section 7.1); empty while the last one is missing. */
    private static Optional<String> chunked(byte[] bytes, int start) throws ProtocolException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        int at = start;
        while (true) {
            int lineEnd = indexOf(bytes, END_OF_LINE, at);
            if (lineEnd < 0) {
                return Optional.empty();
            }
            int length = number(ascii(bytes, at, lineEnd).split(";", 2)[0].trim(), 16);
            if (length == 0) {
                return Optional.of(body.toString(StandardCharsets.UTF_8));
            }
            at = lineEnd + END_OF_LINE.length;
            if (bytes.length - at - END_OF_LINE.length < length) {
                return Optional.empty();
            }
            body.write(bytes, at, length);
            at += length + END_OF_LINE.length;
        }
    }

    private static int status(String line) throws ProtocolException {
        String[] parts = line.split(" ", 3);
        if (parts.length < 2 || !parts[0].startsWith("HTTP/1.")) {
            throw new ProtocolException("the reply is not HTTP/1.1");
        }
        return number(parts[1], 10);
    }

    private static Map<String, String> headers(String[] head) {
        Map<String, String> headers = new HashMap<>();
        for (String line : Arrays.asList(head).subList(1, head.length)) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                String name = line.substring(0, colon).toLowerCase(Locale.ROOT);
                headers.put(name, line.substring(colon + 1).trim());
            }
        }
        return headers;
    }

    private static int number(String text, int radix) throws ProtocolException {
        try {
            int number = Integer.parseInt(text, radix);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException _) {
            // said below
        }
        throw new ProtocolException("the reply has no number where one must be");
    }

    private static String ascii(byte[] bytes, int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }

    private static String utf8(byte[] bytes, int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.UTF_8);
    }

    private static boolean endsWith(byte[] bytes, byte[] end) {
        int from = bytes.length - end.length;
        return from >= 0 && Arrays.equals(bytes, from, bytes.length, end, 0, end.length);
    }

    private static int indexOf(byte[] bytes, byte[] wanted, int from) {
        for (int i = from; i + wanted.length <= bytes.length; i++) {
            if (Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
                return i;
            }
        }
        return -1;
    }
}
