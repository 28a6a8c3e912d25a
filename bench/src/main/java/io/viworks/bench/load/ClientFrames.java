package io.viworks.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** What an agent sends, as bytes ready for the wire: masked text frames (RFC 6455, 5.2). */
public final class ClientFrames {
    private ClientFrames() {}

    /** A masked text frame of this text. */
    static ByteBuf text(String json) {
        return frame(0x81, json.getBytes(StandardCharsets.UTF_8));
    }

    /** A masked pong. */
    static ByteBuf pong(byte[] payload) {
        return frame(0x8a, payload);
    }

    /** A masked binary frame. */
    public static ByteBuf binary(byte[] payload) {
        return frame(0x82, payload);
    }

    private static ByteBuf frame(int first, byte[] payload) {
        ByteBuf frame = Unpooled.buffer(payload.length + 14);
        frame.writeByte(first);
        if (payload.length < 126) {
            frame.writeByte(0x80 | payload.length);
        } else if (payload.length < 65_536) {
            frame.writeByte(0x80 | 126).writeShort(payload.length);
        } else {
            frame.writeByte(0x80 | 127).writeLong(payload.length);
        }
        int mask = ThreadLocalRandom.current().nextInt();
        frame.writeInt(mask);
        for (int i = 0; i < payload.length; i++) {
            frame.writeByte(payload[i] ^ (mask >>> (24 - 8 * (i & 3))));
        }
        return frame;
    }

    static String hello(String agent, boolean journal) {
        return """
        {"type":"HELLO","agent_id":"%s","version":"1.0.0","instance_uid":"%s","boot_id":"%s",\
        "hostname":"%s","capabilities":["check_status","echo"],"features":[%s]}\
        """
                .formatted(
                        agent,
                        UUID.randomUUID(),
                        UUID.randomUUID(),
                        agent,
                        journal ? "\"ack\",\"job_status\",\"journal\",\"cancel\"" : "\"ack\"");
    }

    /** As a gateway with five services and three containers has it, filled up to the size. */
    public static String telemetry(String agent, int bytes) {
        String bare =
                """
                {"type":"TELEMETRY","agent_id":"%s","ts":"%s","metrics":{"cpu_pct":37.25,\
                "mem_pct":61.5,"disk_pct":48.125,"load1":0.75,"containers_running":2,\
                "services":{"openvpn":"active","nginx":"active","panel":"inactive"},\
                "containers":[{"id":"3f2b8c1e6a54","name":"panel","image":"panel:1.4","state":"running"},\
                {"id":"9a510c7f7d3c","name":"db","image":"db:17","state":"running"}],\
                "uptime_s":86400,"note":""}}\
                """
                        .formatted(agent, Instant.now());
        return bare.replace(
                "\"note\":\"\"",
                "\"note\":\"" + "x".repeat(Math.max(0, bytes - bare.length())) + "\"");
    }

    static String heartbeat(String agent) {
        return "{\"type\":\"HEARTBEAT\",\"agent_id\":\"" + agent + "\"}";
    }

    static String ack(String agent, String command) {
        return """
        {"type":"ACK","agent_id":"%s","correlation_id":"%s","status":"accepted"}\
        """
                .formatted(agent, command);
    }

    static String result(String agent, String command) {
        return """
        {"type":"RESULT","agent_id":"%s","correlation_id":"%s","execution_id":"%s",\
        "status":"success","rc":0,"stdout":"done\\n","duration_ms":1}\
        """
                .formatted(agent, command, UUID.randomUUID());
    }
}
