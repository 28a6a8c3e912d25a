package io.viworks.agent.host;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A conversation with an OpenVPN server over its management interface (management-notes.txt of
 * OpenVPN): a line a question, and between its answers lines that begin with {@code >} and tell of
 * other things. OpenVPN takes one such conversation at a time; the next one waits. Not thread-safe.
 */
public final class OpenVpn implements Closeable {
    /** Most bytes of one conversation: several thousand sessions. */
    static final int MAX_BYTES = 4 * 1024 * 1024;

    private static final String PASSWORD = "ENTER PASSWORD:";
    private static final String PEER = "OpenVPN's management interface";

    private final DeadlineSocket socket;
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private final Deque<String> lines = new ArrayDeque<>();
    private int total;
    private boolean ended;

    private OpenVpn(DeadlineSocket socket) {
        this.socket = socket;
    }

    /**
     * Connects, and says the password where one is asked for.
     *
     * @param timeout for the whole conversation
     * @throws IOException saying what is missing
     */
    public static OpenVpn open(OpenVpnManagement management, Duration timeout) throws IOException {
        if (management.address() instanceof UnixDomainSocketAddress unix
                && !Files.exists(unix.getPath())) {
            throw new IOException(
                    "OpenVPN has no management socket at "
                            + unix.getPath()
                            + ": start OpenVPN with `management "
                            + unix.getPath()
                            + " unix`, or set openvpn_management to where it listens");
        }
        OpenVpn vpn = new OpenVpn(DeadlineSocket.connect(management.address(), PEER, timeout));
        try {
            vpn.greet(management.passwordFile());
            return vpn;
        } catch (SocketTimeoutException e) {
            vpn.close();
            throw new IOException(
                    e.getMessage() + ": another program may be connected, it takes only one", e);
        } catch (IOException e) {
            vpn.close();
            throw e;
        }
    }

    /** The sessions there are. */
    public List<VpnSession> sessions() throws IOException {
        say("status 3");
        List<String> answer = new ArrayList<>();
        while (true) {
            String line = next();
            if (line.equals("END")) {
                return VpnStatus.sessions(answer);
            }
            if (line.startsWith("ERROR:")) {
                throw new IOException("OpenVPN says " + line);
            }
            answer.add(line);
        }
    }

    /**
     * Ends a session.
     *
     * @return false when it is not there any more
     */
    public boolean terminate(VpnSession session) throws IOException {
        say("client-kill " + session.clientId());
        while (true) {
            String line = next();
            if (line.startsWith("SUCCESS:")) {
                return true;
            }
            if (line.startsWith("ERROR: client-kill")) {
                return false;
            }
            if (line.startsWith("ERROR:")) {
                throw new IOException("OpenVPN says " + line);
            }
        }
    }

    /** Until OpenVPN tells who it is; nothing else begins with {@code >INFO:}. */
    private void greet(@Nullable Path passwordFile) throws IOException {
        boolean said = false;
        while (true) {
            String line = line(true);
            if (line.startsWith(PASSWORD)) {
                if (passwordFile == null) {
                    throw new IOException(
                            "OpenVPN asks for a password: set openvpn_management_password_file");
                }
                if (said) {
                    throw new IOException("OpenVPN refuses the password of " + passwordFile);
                }
                said = true;
                say(password(passwordFile));
            } else if (line.startsWith("ERROR:")) {
                throw new IOException("OpenVPN refuses the password of " + passwordFile);
            } else if (line.startsWith(">INFO:")) {
                return;
            }
        }
    }

    private static String password(Path file) throws IOException {
        try (var text = Files.lines(file, UTF_8)) {
            String password = text.findFirst().orElse("").strip();
            if (password.isEmpty() || password.length() > 256) {
                throw new IOException(file + " must hold the password in its first line");
            }
            return password;
        }
    }

    private void say(String line) throws IOException {
        socket.write((line + "\n").getBytes(UTF_8));
    }

    /** The next line of an answer. */
    private String next() throws IOException {
        while (true) {
            String line = line(false);
            if (!line.startsWith(">")) {
                return line;
            }
        }
    }

    /** The next line, or the question for a password, which none ends. */
    private String line(boolean greeting) throws IOException {
        while (lines.isEmpty()) {
            if (ended) {
                throw new IOException(
                        greeting
                                ? "OpenVPN closed the management connection: a wrong password?"
                                : "OpenVPN closed the management connection");
            }
            int before = received.size();
            ended = !socket.read(received);
            total += received.size() - before;
            if (total > MAX_BYTES) {
                throw new IOException("OpenVPN's answer is over " + MAX_BYTES + " bytes");
            }
            split(greeting);
        }
        return lines.removeFirst();
    }

    private void split(boolean greeting) {
        // byte by byte: a character of several may not be complete yet
        String text = received.toString(ISO_8859_1);
        received.reset();
        int from = 0;
        for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
            lines.add(utf8(text.substring(from, end)).stripTrailing());
            from = end + 1;
        }
        String rest = text.substring(from);
        if (greeting && rest.strip().equals(PASSWORD)) {
            lines.add(PASSWORD);
        } else {
            received.writeBytes(rest.getBytes(ISO_8859_1));
        }
    }

    private static String utf8(String bytes) {
        return new String(bytes.getBytes(ISO_8859_1), UTF_8);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
