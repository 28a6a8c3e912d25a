package io.viworks.bench.peers;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** A broker's protocol as one client speaks it, above WebSocket's binary messages. Stateless. */
sealed interface Speech permits MqttSpeech, NatsSpeech {
    /** What the upgrade asks for; empty for nothing. */
    String subprotocol();

    /** First bytes of a client of this name. */
    byte[] greeting(String client);

    /** Bytes of one message whose confirmation names the slot. */
    byte[] publish(String client, int slot, byte[] payload);

    /**
     * Reads what is complete of the stream and leaves the rest.
     *
     * @param in what the broker sent, across its messages' borders
     */
    void read(ByteBuf in, Heard heard);

    /** What a client hears. */
    interface Heard {
        /** It may publish now. */
        void ready();

        /** The message of this slot is where it is kept. */
        void confirmed(int slot);

        /** A message that another published came in. */
        void received();

        /** The broker refuses. */
        void refused(String why);

        /** The protocol wants these bytes said now. */
        void reply(byte[] bytes);
    }

    /** Of this protocol's name on the command line. */
    static Speech of(String name) {
        return switch (name) {
            case "nats" -> new NatsSpeech();
            case "mqtt" -> new MqttSpeech(false);
            default -> throw new IllegalArgumentException("nobody speaks " + name);
        };
    }

    /** Text as it goes over the wire. */
    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
