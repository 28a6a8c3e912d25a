package io.viworks.conformance.packaged;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A socket with the headers of spec 2.1 and nothing of ours behind it. */
final class HandMadeAgent implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final HttpClient http = HttpClient.newHttpClient();
    private final BlockingQueue<JsonNode> frames = new LinkedBlockingQueue<>();
    private @Nullable WebSocket socket;

    private HandMadeAgent() {}

    static HandMadeAgent connect(RunningStack stack, String agentId) throws Exception {
        String timestamp = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        String nonce = UUID.randomUUID().toString();
        String text = String.join("|", "GET", "/agent/ws", timestamp, nonce, agentId);
        HandMadeAgent agent = new HandMadeAgent();
        agent.socket =
                agent.http
                        .newWebSocketBuilder()
                        .subprotocols("viworks-agent-v1")
                        .header("X-Agent-Id", agentId)
                        .header("X-Timestamp", timestamp)
                        .header("X-Nonce", nonce)
                        .header("X-Agent-Auth", mac(stack.told("shared_secret"), text))
                        .buildAsync(URI.create(stack.told("bridge_ws")), agent.new Frames())
                        .get(60, TimeUnit.SECONDS);
        return agent;
    }

    private static String mac(String secret, String text) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    }

    void send(String frame) throws Exception {
        java.util.Objects.requireNonNull(socket)
                .sendText(frame.strip(), true)
                .get(60, TimeUnit.SECONDS);
    }

    JsonNode next() throws InterruptedException {
        @Nullable JsonNode frame = frames.poll(60, TimeUnit.SECONDS);
        if (frame == null) {
            throw new AssertionError("no frame came");
        }
        return frame;
    }

    private final class Frames implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public @Nullable CompletionStage<?> onText(
                WebSocket webSocket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                frames.add(JSON.readTree(text.toString()));
                text.setLength(0);
            }
            webSocket.request(1);
            return null;
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
