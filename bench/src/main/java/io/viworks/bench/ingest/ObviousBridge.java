package io.viworks.bench.ingest;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.data.redis.connection.RedisStreamCommands.TrimOptions;
import org.springframework.data.redis.connection.RedisStreamCommands.XAddOptions;
import org.springframework.data.redis.connection.stream.StreamRecords;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.web.reactive.handler.SimpleUrlHandlerMapping;
import org.springframework.web.reactive.socket.WebSocketHandler;
import org.springframework.web.reactive.socket.WebSocketMessage;
import org.springframework.web.reactive.socket.WebSocketSession;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The obvious way: a WebFlux handler that reads each frame as JSON to see what it is and adds it to
 * the stream by a {@code ReactiveStringRedisTemplate}. No proof, no limits, no sessions.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class ObviousBridge {
    private final String bridge = UUID.randomUUID().toString();
    private final JsonMapper json = new JsonMapper();

    public static void main(String[] args) {
        var _ = SpringApplication.run(ObviousBridge.class, args);
    }

    @Bean
    SimpleUrlHandlerMapping agents(ReactiveStringRedisTemplate redis) {
        return new SimpleUrlHandlerMapping(
                Map.of("/agent/ws", (WebSocketHandler) session -> agent(session, redis)), -1);
    }

    private Mono<Void> agent(WebSocketSession session, ReactiveStringRedisTemplate redis) {
        Origin origin =
                new Origin(
                        session.getHandshakeInfo().getHeaders().getFirst("X-Agent-Id") + "",
                        session.getId(),
                        UUID.randomUUID().toString(),
                        Long.toString(System.currentTimeMillis()));
        return session.send(
                session.receive()
                        .map(WebSocketMessage::getPayloadAsText)
                        .index()
                        .flatMap(frame ->
                                answered(session, redis, origin, frame.getT1(), frame.getT2())));
    }

    private record Origin(String agent, String conn, String session, String epoch) {}

    private Mono<WebSocketMessage> answered(
            WebSocketSession session,
            ReactiveStringRedisTemplate redis,
            Origin origin,
            long n,
            String frame) {
        JsonNode type = json.readTree(frame).get("type");
        if (type != null && "HELLO".equals(type.stringValue())) {
            return Mono.just(
                    session.textMessage(
                            """
                            {"type":"WELCOME","session_id":"%s","conn_id":"%s","heartbeat_s":20}\
                            """
                                    .formatted(UUID.randomUUID(), UUID.randomUUID())));
        }
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("v", "1");
        fields.put("kind", "TELEMETRY");
        fields.put("agent_id", origin.agent());
        fields.put("ts", java.time.Instant.now().toString());
        fields.put("bridge_id", bridge);
        fields.put("conn_id", origin.conn());
        fields.put("session_id", origin.session());
        fields.put("instance_uid", origin.session());
        fields.put("epoch", origin.epoch());
        fields.put("n", Long.toString(n));
        fields.put("frame", frame);
        return redis.opsForStream()
                .add(
                        StreamRecords.string(fields).withStreamKey("viw.telemetry"),
                        XAddOptions.trim(TrimOptions.maxLen(100_000).approximate()))
                .then(Mono.empty());
    }
}
