package io.viworks.bench.ingest;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker13;
import io.viworks.bench.load.Credentials;
import io.viworks.bench.load.LoadPlan;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.handshake.HandshakeHeaders;
import io.viworks.protocol.handshake.HandshakeMac;
import io.viworks.protocol.handshake.HandshakeSignature;
import io.viworks.protocol.handshake.HandshakeText;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** The upgrade of the floor: one MAC or signature, and nothing else of the handshake's rules. */
final class BareUpgrade extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final int MAX_FRAME = 512 * 1024;

    private final LoadPlan.Auth auth;
    private final Credentials credentials;
    private final byte[] secret;
    private final BareSink sink;
    private final BareCommands commands;

    BareUpgrade(
            LoadPlan.Auth auth,
            Credentials credentials,
            String secret,
            BareSink sink,
            BareCommands commands) {
        this.auth = auth;
        this.credentials = credentials;
        this.secret = secret.getBytes(StandardCharsets.UTF_8);
        this.sink = sink;
        this.commands = commands;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
        HttpHeaders headers = request.headers();
        String agent = headers.get(HandshakeHeaders.AGENT_ID, "");
        if (!proved(headers, agent)) {
            var _ =
                    ctx.writeAndFlush(
                            new DefaultFullHttpResponse(
                                    HttpVersion.HTTP_1_1, HttpResponseStatus.UNAUTHORIZED));
            return;
        }
        WebSocketDecoderConfig config =
                WebSocketDecoderConfig.newBuilder()
                        .allowExtensions(false)
                        .maxFramePayloadLength(MAX_FRAME)
                        .withUTF8Validator(false)
                        .build();
        var _ =
                new WebSocketServerHandshaker13(
                                HandshakeHeaders.PATH, HandshakeHeaders.SUBPROTOCOL, config)
                        .handshake(ctx.channel(), request);
        ctx.pipeline().replace(this, "agent", new BareAgent(agent, sink, commands));
    }

    private boolean proved(HttpHeaders headers, String agent) {
        if (auth == LoadPlan.Auth.NONE) {
            return true;
        }
        HandshakeText text =
                new HandshakeText(
                        "GET",
                        HandshakeHeaders.PATH,
                        headers.get(HandshakeHeaders.TIMESTAMP, ""),
                        headers.get(HandshakeHeaders.NONCE, ""),
                        AgentId.of(agent));
        return auth == LoadPlan.Auth.HMAC
                ? HandshakeMac.verify(secret, text, headers.get(HandshakeHeaders.AUTH, ""))
                : HandshakeSignature.verify(
                        HandshakeSignature.publicKey(credentials.publicKey()),
                        text,
                        Bytes.of(
                                Base64.getDecoder()
                                        .decode(headers.get(HandshakeHeaders.SIGNATURE, ""))));
    }
}
