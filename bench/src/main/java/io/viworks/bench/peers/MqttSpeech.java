package io.viworks.bench.peers;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;

/**
 * MQTT 3.1.1 at QoS 1: each PUBLISH has a packet id, here the slot and one, that its PUBACK
 * repeats.
 *
 * @param subscriber whether it takes what the others publish, by a session that the broker keeps
 */
record MqttSpeech(boolean subscriber) implements Speech {
    private static final String TOPIC = "viw/telemetry/";

    private static final int CONNECT = 0x10;
    private static final int CONNACK = 2;
    private static final int PUBLISH = 3;
    private static final int PUBLISH_QOS1 = 0x32;
    private static final int PUBACK = 4;
    private static final int SUBSCRIBE = 0x82;
    private static final int SUBACK = 9;
    private static final int CLEAN_SESSION = 0x02;

    @Override
    public String subprotocol() {
        return "mqtt";
    }

    @Override
    public byte[] greeting(String client) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        text(body, "MQTT");
        body.write(4);
        body.write(subscriber ? 0 : CLEAN_SESSION);
        number(body, 0); // no keep-alive
        text(body, client);
        byte[] connect = packet(CONNECT, body.toByteArray());
        if (!subscriber) {
            return connect;
        }
        ByteArrayOutputStream wish = new ByteArrayOutputStream();
        number(wish, 1);
        text(wish, TOPIC + "#");
        wish.write(1);
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.writeBytes(connect);
        both.writeBytes(packet(SUBSCRIBE, wish.toByteArray()));
        return both.toByteArray();
    }

    @Override
    public byte[] publish(String client, int slot, byte[] payload) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        text(body, TOPIC + client);
        number(body, slot + 1);
        body.writeBytes(payload);
        return packet(PUBLISH_QOS1, body.toByteArray());
    }

    @Override
    public void read(ByteBuf in, Heard heard) {
        while (true) {
            int at = in.readerIndex() + 1;
            int length = 0;
            int more = 0x80;
            for (int shift = 0; more != 0; shift += 7, at++) {
                if (at >= in.writerIndex()) {
                    return;
                }
                more = in.getByte(at) & 0x80;
                length |= (in.getByte(at) & 0x7f) << shift;
            }
            if (in.writerIndex() < at + length) {
                return;
            }
            int first = in.getUnsignedByte(in.readerIndex());
            in.readerIndex(at);
            packet(first, in.readSlice(length), heard);
        }
    }

    private void packet(int first, ByteBuf body, Heard heard) {
        switch (first >> 4) {
            case CONNACK -> {
                if (body.getByte(1) != 0) {
                    heard.refused("CONNACK " + body.getByte(1));
                } else if (!subscriber) {
                    heard.ready();
                }
            }
            case SUBACK -> heard.ready();
            case PUBACK -> heard.confirmed(body.readUnsignedShort() - 1);
            case PUBLISH -> {
                heard.received();
                int id = body.getUnsignedShort(2 + body.getUnsignedShort(0));
                heard.reply(new byte[] {PUBACK << 4, 2, (byte) (id >> 8), (byte) id});
            }
            default -> {}
        }
    }

    private static byte[] packet(int first, byte[] body) {
        ByteArrayOutputStream packet = new ByteArrayOutputStream();
        packet.write(first);
        int left = body.length;
        do {
            packet.write((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
            left >>= 7;
        } while (left > 0);
        packet.writeBytes(body);
        return packet.toByteArray();
    }

    private static void text(ByteArrayOutputStream out, String text) {
        byte[] bytes = Speech.bytes(text);
        number(out, bytes.length);
        out.writeBytes(bytes);
    }

    private static void number(ByteArrayOutputStream out, int number) {
        out.write(number >> 8);
        out.write(number);
    }
}
