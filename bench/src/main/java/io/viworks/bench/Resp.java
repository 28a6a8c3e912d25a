package io.viworks.bench;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Redis by its protocol (RESP2) over one connection, for what a measurement asks beside the
 * product. For one thread.
 */
public final class Resp implements AutoCloseable {
    private static final int BUFFER = 1 << 16;

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    /**
     * Connects.
     *
     * @param url {@code redis://127.0.0.1:port}
     */
    public Resp(String url) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), URI.create(url).getPort());
        socket.setTcpNoDelay(true);
        in = new BufferedInputStream(socket.getInputStream(), BUFFER);
        out = new BufferedOutputStream(socket.getOutputStream(), BUFFER);
    }

    /**
     * Puts a command into the buffer, whose answer is to be read later; many may be on their way.
     *
     * @param words bytes as they are, anything else as its text
     */
    public void send(Object... words) throws IOException {
        head('*', words.length);
        for (Object word : words) {
            byte[] bytes =
                    word instanceof byte[] raw
                            ? raw
                            : word.toString().getBytes(StandardCharsets.UTF_8);
            head('$', bytes.length);
            out.write(bytes);
            out.write('\r');
            out.write('\n');
        }
    }

    private void head(char type, int number) throws IOException {
        out.write((type + Integer.toString(number) + "\r\n").getBytes(StandardCharsets.US_ASCII));
    }

    /** Sends what is in the buffer. */
    public void flush() throws IOException {
        out.flush();
    }

    /** Asks one command and waits for its answer. */
    public @Nullable Object ask(Object... words) throws IOException {
        send(words);
        flush();
        return reply();
    }

    /**
     * The next answer: a number, text, a list of answers, or null.
     *
     * @throws IOException also when Redis refuses
     */
    public @Nullable Object reply() throws IOException {
        String line = line();
        String rest = line.substring(1);
        return switch (line.charAt(0)) {
            case '+' -> rest;
            case ':' -> (Long) Long.parseLong(rest);
            case '$' -> text(Integer.parseInt(rest));
            case '*' -> list(Integer.parseInt(rest));
            default -> throw new IOException("Redis refuses: " + rest);
        };
    }

    private @Nullable String text(int length) throws IOException {
        if (length < 0) {
            return null;
        }
        byte[] bytes = in.readNBytes(length);
        in.skipNBytes(2);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private @Nullable List<@Nullable Object> list(int length) throws IOException {
        if (length < 0) {
            return null;
        }
        List<@Nullable Object> answers = new ArrayList<>(length);
        for (int i = 0; i < length; i++) {
            answers.add(reply());
        }
        return answers;
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\r'; next = in.read()) {
            if (next < 0) {
                throw new IOException("Redis has closed the connection");
            }
            line.append((char) next);
        }
        in.skipNBytes(1);
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
