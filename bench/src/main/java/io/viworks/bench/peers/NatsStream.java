package io.viworks.bench.peers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** The stream that keeps telemetry in NATS: made, and emptied between turns, by JetStream's API. */
final class NatsStream {
    private static final String NAME = "VIW";
    private static final int PATIENCE_MS = 10_000;

    private NatsStream() {}

    /** One copy in files, the oldest dropped beyond 1 GiB, as our stream is trimmed. */
    static void create(int port) throws IOException {
        ask(
                port,
                "STREAM.CREATE",
                """
                {"name":"%s","subjects":["%s*"],"retention":"limits","storage":"file",\
                "num_replicas":1,"max_bytes":1073741824,"max_consumers":-1,"max_msgs":-1,\
                "max_age":0,"discard":"old"}\
                """
                        .formatted(NAME, NatsSpeech.SUBJECT));
    }

    /** Removes all messages. */
    static void purge(int port) throws IOException {
        ask(port, "STREAM.PURGE", "");
    }

    private static void ask(int port, String what, String body) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(PATIENCE_MS);
            OutputStream out = socket.getOutputStream();
            out.write(
                    Speech.bytes(
                            """
                            CONNECT {"verbose":false,"pedantic":false,"lang":"bench"}\r
                            SUB _INBOX.bench 1\r
                            PUB $JS.API.%s.%s _INBOX.bench %d\r
                            %s\r
                            """
                                    .formatted(what, NAME, body.length(), body)));
            out.flush();
            BufferedReader in =
                    new BufferedReader(
                            new InputStreamReader(
                                    socket.getInputStream(), StandardCharsets.US_ASCII));
            String line = in.readLine();
            while (line != null && !line.startsWith("{\"type\"")) {
                line = in.readLine();
            }
            if (line == null || line.contains("\"error\"")) {
                throw new IOException("NATS refuses " + what + ": " + line);
            }
        }
    }
}
