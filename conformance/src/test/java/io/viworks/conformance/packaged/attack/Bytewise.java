package io.viworks.conformance.packaged.attack;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Bytes to a port and what comes back, with nothing between that would correct either. */
final class Bytewise {
    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3})");
    private static final int QUIET_MS = 800;
    private static final int PATIENCE_MS = 30_000;

    private Bytewise() {}

    /**
     * Sends all of it and collects what is answered until the other side ends or is quiet.
     *
     * @return ISO 8859-1, empty when the connection was ended without a word
     */
    static String exchange(int port, byte[] bytes) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(QUIET_MS);
            socket.getOutputStream().write(bytes);
            return rest(socket);
        } catch (IOException e) {
            return ""; // A reset is an answer, too.
        }
    }

    static String exchange(int port, String text) {
        return exchange(port, text.getBytes(StandardCharsets.UTF_8));
    }

    /** The same where something is answered for certain, however long that takes to begin. */
    static String answerTo(int port, String text) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(PATIENCE_MS);
            socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
            int first = socket.getInputStream().read();
            socket.setSoTimeout(QUIET_MS);
            return first < 0 ? "" : (char) first + rest(socket);
        } catch (IOException e) {
            return "";
        }
    }

    private static String rest(Socket socket) throws IOException {
        ByteArrayOutputStream heard = new ByteArrayOutputStream();
        try {
            InputStream in = socket.getInputStream();
            byte[] some = new byte[8_192];
            for (int n = in.read(some); n >= 0; n = in.read(some)) {
                heard.write(some, 0, n);
            }
        } catch (SocketTimeoutException e) {
            // Quiet: it waits for more of the request.
        } catch (IOException e) {
            // Reset after what was heard.
        }
        return heard.toString(StandardCharsets.ISO_8859_1);
    }

    /** The statuses of all answers in there. */
    static List<Integer> statuses(String answers) {
        List<Integer> all = new ArrayList<>();
        Matcher each = STATUS.matcher(answers);
        while (each.find()) {
            all.add(Integer.parseInt(each.group(1)));
        }
        return all;
    }

    /** A request with {@code Host}, these headers and perhaps a body. */
    static String request(String line, Map<String, String> headers, String body) {
        StringBuilder text = new StringBuilder(line + " HTTP/1.1\r\nHost: localhost\r\n");
        headers.forEach((name, value) -> text.append(name).append(": ").append(value + "\r\n"));
        return text.append("\r\n").append(body).toString();
    }

    /**
     * Sends a byte at a time until the other side ends the connection.
     *
     * @param first what is sent at once before
     * @param endlessly what is dripped, again and again
     * @return how long it was let
     */
    static Duration drip(int port, String first, String endlessly, Duration patience)
            throws Exception {
        byte[] drops = endlessly.getBytes(StandardCharsets.ISO_8859_1);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(200);
            socket.getOutputStream().write(first.getBytes(StandardCharsets.ISO_8859_1));
            long begun = System.nanoTime();
            for (int i = 0; System.nanoTime() - begun < patience.toNanos(); i++) {
                try {
                    socket.getOutputStream().write(drops[i % drops.length]);
                    if (socket.getInputStream().read(new byte[4_096]) < 0) {
                        return Duration.ofNanos(System.nanoTime() - begun);
                    }
                } catch (SocketTimeoutException e) {
                    // Nothing said: the next drop.
                } catch (IOException e) {
                    return Duration.ofNanos(System.nanoTime() - begun);
                }
            }
        }
        throw new AssertionError("still let to drip after " + patience);
    }
}
