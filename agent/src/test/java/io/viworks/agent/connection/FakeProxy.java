package io.viworks.agent.connection;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A small proxy on a real socket that opens tunnels (CONNECT) to whoever knows the password. */
final class FakeProxy implements AutoCloseable {
    private final ServerSocket server;
    private final @Nullable String wanted;
    private final List<String> heads = Collections.synchronizedList(new ArrayList<>());
    private final List<String> opened = Collections.synchronizedList(new ArrayList<>());
    private final List<Socket> sockets = Collections.synchronizedList(new ArrayList<>());

    /**
     * Listens at once.
     *
     * @param credentials {@code user:password}; null lets everybody through
     */
    FakeProxy(@Nullable String credentials) throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        wanted =
                credentials == null
                        ? null
                        : "Basic "
                                + Base64.getEncoder()
                                        .encodeToString(
                                                credentials.getBytes(StandardCharsets.UTF_8));
        Thread.ofVirtual().start(this::accept);
    }

    String address() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    /** All requests, as they came. */
    List<String> heads() {
        return List.copyOf(heads);
    }

    /** Where tunnels were opened to. */
    List<String> opened() {
        return List.copyOf(opened);
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : List.copyOf(sockets)) {
            socket.close();
        }
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                sockets.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            String head = head(client.getInputStream());
            heads.add(head);
            String[] line = head.lines().findFirst().orElse("").split(" ", -1);
            if (wanted != null && !wanted.equals(authorization(head))) {
                say(
                        client,
                        "407 No",
                        "Proxy-Authenticate: Basic realm=\"company\"",
                        "Content-Length: 0",
                        "Connection: close");
            } else if (!line[0].equals("CONNECT")) {
                say(client, "405 No", "Content-Length: 0");
            } else {
                String[] target = line[1].split(":", -1);
                try (Socket far = new Socket(target[0], Integer.parseInt(target[1]))) {
                    sockets.add(far);
                    opened.add(line[1]);
                    say(client, "200 Connection established");
                    Thread back = Thread.ofVirtual().start(() -> pump(far, client));
                    pump(client, far);
                    back.join();
                }
            }
        } catch (IOException e) {
            // This tunnel is gone.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void pump(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
            to.shutdownOutput();
        } catch (IOException e) {
            // One end is gone: so is the other.
        }
    }

    private static @Nullable String authorization(String head) {
        return head.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("proxy-authorization:"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse(null);
    }

    private static void say(Socket client, String what, String... headers) throws IOException {
        OutputStream out = client.getOutputStream();
        StringBuilder head = new StringBuilder("HTTP/1.1 ").append(what).append("\r\n");
        for (String header : headers) {
            head.append(header).append("\r\n");
        }
        out.write(head.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("gone");
            }
            head.append((char) next);
        }
        return head.toString();
    }
}
