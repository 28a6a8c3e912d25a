package io.viworks.bridge.handshake;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.viworks.bridge.metrics.BridgeMeters;
import io.viworks.protocol.Rfc3339;
import io.viworks.protocol.handshake.HandshakeHeaders;
import io.viworks.protocol.handshake.Refusal;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import reactor.core.publisher.Mono;
import reactor.netty.FutureMono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.http.server.WebsocketServerSpec;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code /agent/ws}: judges the handshake, then either answers with a problem document (RFC 9457)
 * or upgrades and hands the channel over. A route of the server itself, before Spring's
 * dispatching: a socket that lives for days must not keep a request's objects alive.
 */
public final class AgentDoor {
    private static final Logger log = LoggerFactory.getLogger(AgentDoor.class);

    /** Bytes all headers of a handshake may have together, but for the certificate's. */
    static final int MAX_HEADER_BYTES = 8 * 1024;

    /** Bytes of the certificate's header: three characters for each of a long PEM. */
    static final int MAX_CERTIFICATE_BYTES = 16 * 1024;

    private final Handshake handshake;
    private final BiConsumer<Channel, Verdict.Accepted> opened;
    private final BridgeMeters meters;
    private final WebsocketServerSpec spec;
    private final JsonMapper json = new JsonMapper();

    /**
     * With its parts.
     *
     * @param opened takes an upgraded channel, on its event loop
     * @param serverFrameLimit bytes of one frame the server itself takes: beyond it the connection
     *     ends
     */
    public AgentDoor(
            Handshake handshake,
            BiConsumer<Channel, Verdict.Accepted> opened,
            BridgeMeters meters,
            int serverFrameLimit) {
        this.handshake = handshake;
        this.opened = opened;
        this.meters = meters;
        this.spec =
                WebsocketServerSpec.builder()
                        .protocols(HandshakeHeaders.SUBPROTOCOL)
                        .maxFramePayloadLength(serverFrameLimit)
                        .compress(false)
                        .build();
    }

    /** Whether this is the path of the agents, whatever the method. */
    public static boolean isFor(HttpServerRequest request) {
        return request.uri().equals(HandshakeHeaders.PATH)
                || request.uri().startsWith(HandshakeHeaders.PATH + "?");
    }

    /** Answers one request. */
    public Publisher<Void> handle(HttpServerRequest request, HttpServerResponse response) {
        HttpHeaders headers = request.requestHeaders();
        String wrong = wrongUpgrade(request);
        if (wrong != null) {
            return refuse(response, Verdict.Refused.of(Refusal.BAD_HANDSHAKE, wrong));
        }
        Channel[] held = new Channel[1];
        request.withConnection(connection -> held[0] = connection.channel());
        Channel channel = held[0];
        InetSocketAddress peer = request.remoteAddress();
        if (peer == null) {
            return Mono.empty();
        }
        return Mono.fromCompletionStage(
                        handshake
                                .check(
                                        request.method().name(),
                                        HandshakeHeaders.PATH,
                                        headers::getAll,
                                        peer,
                                        () -> ShownCertificate.byTls(channel),
                                        channel.eventLoop())
                                .thenApply(verdict -> bound(verdict, channel)))
                .flatMap(verdict ->
                        switch (verdict) {
                            case Verdict.Refused refused -> refuse(response, refused);
                            case Verdict.Accepted accepted -> upgrade(response, channel, accepted);
                        });
    }

    /** What is wrong with the request as an upgrade (RFC 6455, section 4.2.1); null if nothing. */
    private static @Nullable String wrongUpgrade(HttpServerRequest request) {
        HttpHeaders headers = request.requestHeaders();
        int size = 0;
        for (Map.Entry<String, String> header : headers) {
            int length = header.getKey().length() + header.getValue().length() + 4;
            if (!header.getKey().equalsIgnoreCase(ShownCertificate.CERTIFICATE)) {
                size += length;
            } else if (length > MAX_CERTIFICATE_BYTES) {
                return ShownCertificate.CERTIFICATE
                        + " must be at most "
                        + MAX_CERTIFICATE_BYTES
                        + " bytes";
            }
        }
        if (size > MAX_HEADER_BYTES) {
            return "headers must be at most " + MAX_HEADER_BYTES + " bytes together";
        }
        if (!request.method().name().equals("GET")) {
            return "the method must be GET";
        }
        if (!headers.containsValue(HttpHeaderNames.CONNECTION, "upgrade", true)
                || !headers.containsValue(HttpHeaderNames.UPGRADE, "websocket", true)) {
            return "the request must ask for an upgrade to websocket";
        }
        if (headers.getAll(HttpHeaderNames.SEC_WEBSOCKET_KEY).size() != 1) {
            return "Sec-WebSocket-Key must stand once";
        }
        if (!"13".equals(headers.get(HttpHeaderNames.SEC_WEBSOCKET_VERSION))) {
            return "Sec-WebSocket-Version must be 13";
        }
        String length = headers.get(HttpHeaderNames.CONTENT_LENGTH);
        if (headers.contains(HttpHeaderNames.TRANSFER_ENCODING)
                || (length != null && !length.equals("0"))) {
            return "a handshake has no body";
        }
        return null;
    }

    /** Gives the place back when the channel is gone, whatever happens before. */
    private static Verdict bound(Verdict verdict, Channel channel) {
        if (verdict instanceof Verdict.Accepted accepted) {
            var _ = channel.closeFuture().addListener(_ -> accepted.slot().close());
        }
        return verdict;
    }

    private Mono<Void> upgrade(
            HttpServerResponse response, Channel channel, Verdict.Accepted accepted) {
        return response.sendWebsocket(
                (_, _) -> {
                    meters.handshake("accepted");
                    opened.accept(channel, accepted);
                    return FutureMono.from(channel.closeFuture());
                },
                spec);
    }

    /** What anybody can cause as often as he likes is not for the log. */
    private static boolean isRoutine(Refusal refusal) {
        return switch (refusal) {
            case BAD_HANDSHAKE, AT_CAPACITY, DRAINING, RATE_LIMITED -> true;
            case CERTIFICATE_REQUIRED,
                    CERTIFICATE_MISMATCH,
                    BAD_SIGNATURE,
                    SECRET_MISMATCH,
                    CREDENTIAL_REQUIRED,
                    CLOCK_SKEW,
                    NONCE_REPLAYED,
                    BACKPLANE_DOWN,
                    NOT_ALLOWED,
                    REVOKED,
                    DECOMMISSIONED ->
                    false;
        };
    }

    private Mono<Void> refuse(HttpServerResponse response, Verdict.Refused refused) {
        Refusal refusal = refused.refusal();
        meters.handshake(refusal.code());
        log.atLevel(isRoutine(refusal) ? Level.DEBUG : Level.INFO)
                .addKeyValue("event", "handshake_refused")
                .addKeyValue("error", refusal.code())
                .log("{}", refused.detail());
        ObjectNode problem = json.createObjectNode();
        problem.put("type", "about:blank");
        problem.put("title", refusal.code().replace('_', ' '));
        problem.put("status", refusal.status());
        problem.put("detail", refused.detail());
        problem.put("code", refusal.code());
        if (refused.serverTime() != null) {
            problem.put("server_time", Rfc3339.format(refused.serverTime()));
        }
        if (refused.retryAfterS() > 0) {
            response.header(HttpHeaderNames.RETRY_AFTER, Integer.toString(refused.retryAfterS()));
        }
        byte[] body = json.writeValueAsBytes(problem);
        return response.status(refusal.status())
                .keepAlive(false)
                .header(HttpHeaderNames.CONTENT_TYPE, "application/problem+json")
                .header(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(body.length))
                .header(HttpHeaderNames.CACHE_CONTROL, "no-store")
                .sendByteArray(Mono.just(body))
                .then();
    }
}
