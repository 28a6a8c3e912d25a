package io.viworks.agent.host;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Speaks OpenVPN's management protocol on a real socket, one connection at a time, as OpenVPN 2.6
 * does: it greets, asks for a password, answers {@code status 3} and {@code client-kill}, and tells
 * of other things in between.
 */
public final class ManagementServer implements AutoCloseable {
    static final String HEADER =
            "HEADER\tCLIENT_LIST\tCommon Name\tReal Address\tVirtual Address\tVirtual IPv6 Address"
                    + "\tBytes Received\tBytes Sent\tConnected Since\tConnected Since (time_t)"
                    + "\tUsername\tClient ID\tPeer ID\tData Channel Cipher\r\n";

    private final ServerSocketChannel server;
    private final @Nullable String password;
    private final List<SocketChannel> open = new CopyOnWriteArrayList<>();

    /** Lines of {@code CLIENT_LIST} by client id. */
    private final Map<Long, String> clients = new ConcurrentSkipListMap<>();

    private final List<String> asked = new CopyOnWriteArrayList<>();
    private volatile @Nullable String status;

    private ManagementServer(ServerSocketChannel server, @Nullable String password) {
        this.server = server;
        this.password = password;
        Thread.ofPlatform().daemon().name("management").start(this::serve);
    }

    /** On a Unix socket. */
    public static ManagementServer unix(Path socket, @Nullable String password) {
        try {
            ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(socket));
            return new ManagementServer(server, password);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** On a free port of loopback. */
    public static ManagementServer tcp(@Nullable String password) {
        try {
            ServerSocketChannel server = ServerSocketChannel.open();
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            return new ManagementServer(server, password);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where it listens. */
    public SocketAddress address() {
        try {
            return server.getLocalAddress();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A client that is connected from now on; {@code UNDEF} is no name. */
    public void client(long id, String commonName, String username, String virtual) {
        clients.put(
                id,
                "CLIENT_LIST\t%s\t192.0.2.%d:1194\t%s\t\t%d\t%d\tx\t1768478400\t%s\t%d\t%d\tC\r\n"
                        .formatted(commonName, id, virtual, id * 10, id * 20, username, id, id));
    }

    /** Answers {@code status} with this, whoever is connected. */
    public void status(String text) {
        status = text;
    }

    /** What it was asked, the password left out. */
    public List<String> asked() {
        return List.copyOf(asked);
    }

    private void serve() {
        while (server.isOpen()) {
            try (SocketChannel channel = server.accept()) {
                open.add(channel);
                BufferedReader in =
                        new BufferedReader(
                                new InputStreamReader(Channels.newInputStream(channel), UTF_8));
                OutputStream out = Channels.newOutputStream(channel);
                greet(in, out);
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    asked.add(line);
                    write(out, ">BYTECOUNT_CLI:0,1,2\r\n" + answer(line));
                }
            } catch (IOException _) {
                // whoever asked is gone
            }
        }
    }

    private void greet(BufferedReader in, OutputStream out) throws IOException {
        if (password != null) {
            write(out, "ENTER PASSWORD:");
            while (!password.equals(in.readLine())) {
                write(out, "ENTER PASSWORD:");
            }
            write(out, "SUCCESS: password is correct\r\n");
        }
        write(out, ">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info\r\n");
    }

    private String answer(String line) {
        if (line.equals("status 3")) {
            String fixed = status;
            return fixed != null
                    ? fixed
                    : "TITLE\tOpenVPN 2.6\r\nTIME\tx\t1768478401\r\n"
                            + HEADER
                            + String.join("", clients.values())
                            + ">CLIENT:ESTABLISHED,3\r\n"
                            + "HEADER\tROUTING_TABLE\tVirtual Address\tCommon Name\r\nEND\r\n";
        }
        if (line.matches("client-kill [0-9]+")) {
            long id = Long.parseLong(line.substring("client-kill ".length()));
            return clients.remove(id) == null
                    ? "ERROR: client-kill command failed\r\n"
                    : "SUCCESS: client-kill command succeeded\r\n";
        }
        return "ERROR: unknown command, enter 'help' for more options\r\n";
    }

    /** Piece by piece: nobody may count on getting a line at once. */
    private static void write(OutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(UTF_8);
        int half = bytes.length / 2;
        out.write(bytes, 0, half);
        out.flush();
        out.write(bytes, half, bytes.length - half);
        out.flush();
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (SocketChannel channel : open) {
            channel.close();
        }
    }
}
