package io.viworks.bench.peers;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * NATS' client protocol with JetStream's confirmations: a message is published with a subject to
 * reply to, and the stream that kept it says so there. The reply's last word is the slot.
 */
record NatsSpeech() implements Speech {
    /** Subjects of telemetry begin so; the client's name follows. */
    static final String SUBJECT = "viw.telemetry.";

    @Override
    public String subprotocol() {
        return "";
    }

    @Override
    public byte[] greeting(String client) {
        return Speech.bytes(
                """
                CONNECT {"verbose":false,"pedantic":false,"lang":"bench","name":"%1$s"}\r
                SUB _INBOX.%1$s.* 1\r
                PING\r
                """
                        .formatted(client));
    }

    @Override
    public byte[] publish(String client, int slot, byte[] payload) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(
                Speech.bytes(
                        "PUB %s%s _INBOX.%s.%d %d\r\n"
                                .formatted(SUBJECT, client, client, slot, payload.length)));
        bytes.writeBytes(payload);
        bytes.writeBytes(Speech.bytes("\r\n"));
        return bytes.toByteArray();
    }

    @Override
    public void read(ByteBuf in, Heard heard) {
        while (true) {
            int length = in.bytesBefore((byte) '\n');
            if (length < 0) {
                return;
            }
            String line = in.toString(in.readerIndex(), length - 1, StandardCharsets.US_ASCII);
            if (line.startsWith("MSG ")) {
                int size = Integer.parseInt(line.substring(line.lastIndexOf(' ') + 1));
                if (in.readableBytes() < length + 1 + size + 2) {
                    return;
                }
                String body =
                        in.toString(in.readerIndex() + length + 1, size, StandardCharsets.UTF_8);
                in.skipBytes(length + 1 + size + 2);
                kept(line, body, heard);
            } else {
                in.skipBytes(length + 1);
                control(line, heard);
            }
        }
    }

    /** A PubAck: {@code {"stream":"VIW","seq":7}}, or an error in its place. */
    private static void kept(String line, String body, Heard heard) {
        if (!body.contains("\"seq\"")) {
            heard.refused(body);
            return;
        }
        String subject = line.split(" ", 3)[1];
        heard.confirmed(Integer.parseInt(subject.substring(subject.lastIndexOf('.') + 1)));
    }

    private static void control(String line, Heard heard) {
        if (line.equals("PING")) {
            heard.reply(Speech.bytes("PONG\r\n"));
        } else if (line.equals("PONG")) {
            heard.ready();
        } else if (line.startsWith("-ERR")) {
            heard.refused(line);
        }
    }
}
