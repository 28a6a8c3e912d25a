package io.viworks.agent.helper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.FrameCodec;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code agent helper} in a process of its own, with a table of the test's, and a way to ask it.
 */
public final class HelperProcess implements AutoCloseable {
    public static final String SECRET = "a secret between agent and helper";
    public static final String AGENT = "gateway-001";
    public static final String USER = System.getProperty("user.name");
    private static final FrameCodec CODEC = new FrameCodec();

    private final Path folder;
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private String settings = "allowed_users = [\"%s\"]\n".formatted(USER);
    private String verbs = "";
    private @Nullable Process process;

    /** One whose files are in this folder. */
    public HelperProcess(Path folder) throws IOException {
        this.folder = folder;
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        file(secret(), SECRET + "\n", "r--r-----");
    }

    public Path socket() {
        return folder.resolve("helper.sock");
    }

    public Path secret() {
        return folder.resolve("helper.secret");
    }

    public Path config() {
        return folder.resolve("helper.toml");
    }

    /** Replaces all settings but those every test has. */
    public HelperProcess with(String toml) {
        settings = toml;
        return this;
    }

    /** A verb done by a script of one's own; {@code $0} is the verb. */
    public HelperProcess verb(String verb, String script, String words, String more)
            throws IOException {
        Path program = file(folder.resolve(verb), "#!/bin/sh\n" + script + "\n", "rwxr-xr-x");
        verbs += "[verbs.%s]\nargv = [\"%s\"%s]\n%s\n".formatted(verb, program, words, more);
        return this;
    }

    /** Writes the configuration. */
    public HelperProcess configured() throws IOException {
        String toml =
                """
                [helper]
                agent_id = "%s"
                socket = "%s"
                secret_file = "%s"
                state_dir = "%s"
                %s
                %s
                """
                        .formatted(
                                AGENT,
                                socket(),
                                secret(),
                                folder.resolve("state"),
                                settings,
                                verbs);
        file(config(), toml, "rw-r--r--");
        return this;
    }

    /** Starts it, and waits until it serves. */
    public HelperProcess start() throws IOException {
        configured();
        launch(List.of());
        await().until(() -> !events("helper_started").isEmpty() || !process().isAlive());
        assertThat(process().isAlive()).as(lines.toString()).isTrue();
        return this;
    }

    /** Starts it by another program, which its command line is appended to. */
    public void launch(List<String> before) throws IOException {
        List<String> command = new ArrayList<>(before);
        command.addAll(command());
        lines.clear();
        Process started = new ProcessBuilder(command).redirectErrorStream(true).start();
        process = started;
        Thread.ofVirtual().start(() -> read(started));
    }

    /** Its command line. */
    public List<String> command() {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "io.viworks.agent.Main",
                "helper",
                "--config",
                config().toString());
    }

    private void read(Process of) {
        try (BufferedReader said = of.inputReader(StandardCharsets.UTF_8)) {
            for (String line = said.readLine(); line != null; line = said.readLine()) {
                lines.add(line);
            }
        } catch (IOException _) {
            // it was killed, and its output closed
        }
    }

    public Process process() {
        Process running = process;
        if (running == null) {
            throw new IllegalStateException("it was not started");
        }
        return running;
    }

    /** All it has said. */
    public List<String> lines() {
        return List.copyOf(lines);
    }

    /** The last line of this event, as soon as there is one. */
    public ObjectNode event(String name) {
        await().until(() -> !events(name).isEmpty());
        return events(name).getLast();
    }

    public List<ObjectNode> events(String name) {
        return lines.stream()
                .filter(line -> line.startsWith("{"))
                .map(HelperProcess::json)
                .filter(line -> line.path("event").asString("").equals(name))
                .toList();
    }

    /** SIGKILL, which it cannot see coming. */
    public void kill() throws InterruptedException {
        assertThat(process().destroyForcibly().waitFor()).isEqualTo(137);
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroyForcibly().onExit().join();
        }
    }

    /** A request that is right in everything; arguments as JSON in which ' stands for ". */
    public static ObjectNode request(String verb, String args) {
        return json(
                new String(
                        new HelperRequest(
                                        new AgentId(AGENT),
                                        new CorrelationId(UUID.randomUUID()),
                                        verb,
                                        json(args.replace('\'', '"')),
                                        UUID.randomUUID(),
                                        Instant.now(),
                                        120,
                                        null,
                                        0,
                                        false)
                                .json(),
                        StandardCharsets.UTF_8));
    }

    /** Its line, with the right MAC. */
    public static byte[] line(ObjectNode request) {
        return HelperWire.line(Bytes.utf8(SECRET), CODEC.encodeObject(request));
    }

    /** What it answers in the end. */
    public ObjectNode ask(ObjectNode request) throws IOException {
        return answer(line(request));
    }

    /** The code of its refusal; fails the test when it is none. */
    public String refusal(ObjectNode request) throws IOException {
        return refusal(line(request));
    }

    public String refusal(byte[] line) throws IOException {
        ObjectNode answer = answer(line);
        assertThat(answer.propertyNames()).containsExactly("error");
        return answer.path("error").path("code").asString("");
    }

    /** Writes bytes as they are, and takes the last line of the answer. */
    public ObjectNode answer(byte[] bytes) throws IOException {
        try (SocketChannel channel = connect()) {
            write(channel, bytes);
            return lastWord(channel);
        }
    }

    public SocketChannel connect() throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(socket()));
        return channel;
    }

    public static void write(SocketChannel channel, byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        try {
            while (buffer.hasRemaining()) {
                int _ = channel.write(buffer);
            }
        } catch (IOException _) {
            // it did not want the rest, and says why
        }
    }

    public static ObjectNode lastWord(SocketChannel channel) throws IOException {
        LineReader reader = new LineReader(channel, HelperWire.MAX_ANSWER_BYTES);
        while (true) {
            byte[] line = reader.next();
            if (line == null) {
                throw new IOException("no answer");
            }
            ObjectNode answer = json(new String(line, StandardCharsets.UTF_8));
            if (!answer.has("chunk")) {
                return answer;
            }
        }
    }

    public static ObjectNode json(String text) {
        try {
            return CODEC.decodeObject(text.getBytes(StandardCharsets.UTF_8));
        } catch (BadFrame e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    public static Path file(Path file, String text, String permissions) throws IOException {
        Files.deleteIfExists(file);
        Files.writeString(file, text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }
}
