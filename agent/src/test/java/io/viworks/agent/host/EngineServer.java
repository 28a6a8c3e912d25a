package io.viworks.agent.host;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Speaks HTTP on a real Unix socket and answers as a script after the Docker Engine API says: the
 * first rule that fits a request's line is used, and each use of it takes its next answer.
 */
public final class EngineServer implements AutoCloseable {
    private static final Pattern LENGTH = Pattern.compile("(?i)content-length: ([0-9]+)");

    private final ServerSocketChannel server;
    private final List<Rule> rules = new CopyOnWriteArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<String> bodies = new CopyOnWriteArrayList<>();

    /** One kind of request and what is answered, the last answer again and again. */
    private static final class Rule {
        private final Pattern line;
        private final List<String> answers;
        private int used;

        Rule(Pattern line, List<String> answers) {
            this.line = line;
            this.answers = answers;
        }

        String next() {
            return answers.get(Math.min(used++, answers.size() - 1));
        }
    }

    /** An engine that knows nothing yet. */
    public EngineServer(Path socket) {
        try {
            server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofPlatform().daemon().name("engine").start(this::serve);
    }

    /**
     * Adds a rule.
     *
     * @param line method and target, as a regular expression
     * @param answers each a status, a space and a body, which may be empty
     */
    public EngineServer on(String line, String... answers) {
        rules.add(new Rule(Pattern.compile(line), List.of(answers)));
        return this;
    }

    /** Methods and targets so far. */
    public List<String> requests() {
        return new ArrayList<>(requests);
    }

    /** The bodies that came with them, those that were not empty. */
    public List<String> bodies() {
        return new ArrayList<>(bodies);
    }

    private void serve() {
        while (server.isOpen()) {
            try (SocketChannel channel = server.accept()) {
                String[] parts = read(channel).split("\r\n\r\n", 2);
                String line = parts[0].substring(0, parts[0].indexOf(" HTTP/1.1"));
                requests.add(line);
                if (!parts[1].isEmpty()) {
                    bodies.add(parts[1]);
                }
                write(channel, answer(line));
            } catch (IOException _) {
                // whoever asked is gone
            }
        }
    }

    private static String read(SocketChannel channel) throws IOException {
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
        while (true) {
            if (channel.read(buffer.clear()) < 0) {
                throw new IOException("the request ended early");
            }
            received.write(buffer.array(), 0, buffer.position());
            String text = received.toString(UTF_8);
            int head = text.indexOf("\r\n\r\n");
            Matcher length = LENGTH.matcher(text);
            if (head >= 0
                    && length.find()
                    && text.substring(head + 4).getBytes(UTF_8).length
                            == Integer.parseInt(length.group(1))) {
                return text;
            }
        }
    }

    private String answer(String line) {
        for (Rule rule : rules) {
            if (rule.line.matcher(line).matches()) {
                return rule.next();
            }
        }
        return "500 {\"message\":\"not in the script: " + line + "\"}";
    }

    private static void write(SocketChannel channel, String answer) throws IOException {
        String[] parts = answer.split(" ", 2);
        byte[] body = parts[1].getBytes(UTF_8);
        String head =
                parts[0].equals("204")
                        ? "HTTP/1.1 204 No Content\r\n\r\n"
                        : "HTTP/1.1 %s X\r\nContent-Length: %d\r\n\r\n"
                                .formatted(parts[0], body.length);
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        whole.writeBytes(head.getBytes(UTF_8));
        whole.writeBytes(body);
        ByteBuffer out = ByteBuffer.wrap(whole.toByteArray());
        while (out.hasRemaining()) {
            channel.write(out);
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
