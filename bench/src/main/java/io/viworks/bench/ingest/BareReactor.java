package io.viworks.bench.ingest;

import io.viworks.protocol.handshake.HandshakeHeaders;
import java.util.UUID;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.WebsocketServerSpec;

/**
 * The floor of memory: reactor-netty with a WebSocket route that says WELCOME to the first frame
 * and reads the others. Argument: its port.
 */
public final class BareReactor {
    private BareReactor() {}

    public static void main(String[] args) {
        WebsocketServerSpec spec =
                WebsocketServerSpec.builder()
                        .protocols(HandshakeHeaders.SUBPROTOCOL)
                        .compress(false)
                        .build();
        HttpServer.create()
                .host("127.0.0.1")
                .port(Integer.parseInt(args[0]))
                .route(routes ->
                        routes.ws(
                                HandshakeHeaders.PATH,
                                (in, out) ->
                                        out.sendString(
                                                in.receiveFrames()
                                                        .index()
                                                        .concatMap(frame ->
                                                                frame.getT1() == 0
                                                                        ? Mono.just(welcome())
                                                                        : Mono.empty())),
                                spec))
                .bindNow()
                .onDispose()
                .block();
    }

    private static String welcome() {
        return """
        {"type":"WELCOME","session_id":"%s","conn_id":"%s","heartbeat_s":20}\
        """
                .formatted(UUID.randomUUID(), UUID.randomUUID());
    }
}
