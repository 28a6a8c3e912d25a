package io.viworks.bridge;

import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.viworks.bridge.handshake.AgentDoor;
import io.viworks.bridge.handshake.Handshake;
import io.viworks.bridge.metrics.BridgeMeters;
import io.viworks.bridge.ops.OpsEndpoints;
import io.viworks.bridge.session.SessionContext;
import io.viworks.bridge.session.SessionOpener;
import java.time.Duration;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.netty.resources.LoopResources;

/** The one server: agents by a route of its own, people through Spring. */
@Configuration(proxyBeanMethods = false)
class Server {
    /** Headers the server itself takes; the door answers smaller excesses with a problem. */
    private static final int SERVER_HEADER_BYTES = 64 * 1024;

    /** A connection that asks nothing is closed after so long. */
    private static final Duration IDLE = Duration.ofSeconds(30);

    private static final int SEND_BUFFER = 64 * 1024;

    /** Bytes Netty itself holds of one socket before its outbox waits. */
    private static final WriteBufferWaterMark WATER_MARK =
            new WriteBufferWaterMark(16 * 1024, 64 * 1024);

    @Bean
    AgentDoor agentDoor(Handshake handshake, SessionContext context, BridgeMeters meters) {
        return new AgentDoor(
                handshake,
                new SessionOpener(context),
                meters,
                SessionOpener.serverLimit(context.limits()));
    }

    @Bean
    WebServerFactoryCustomizer<NettyReactiveWebServerFactory> agentRoute(
            AgentDoor door, BridgeSettings settings, BridgeMeters meters) {
        Doorstep doorstep =
                new Doorstep(
                        settings.handshake().requestTimeout(),
                        settings.handshake().maxSilent(),
                        meters);
        return factory -> {
            factory.addRouteProviders(routes -> routes.route(AgentDoor::isFor, door::handle));
            factory.addServerCustomizers(server ->
                    server.childOption(ChannelOption.SO_SNDBUF, SEND_BUFFER)
                            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                            .idleTimeout(IDLE)
                            // A socket that has asked once is past the doorstep: it asks no more.
                            .maxKeepAliveRequests(1)
                            .requestTimeout(settings.handshake().requestTimeout())
                            .doOnChannelInit(doorstep)
                            .childObserve(doorstep)
                            .httpRequestDecoder(
                                    decoder -> decoder.maxHeaderSize(SERVER_HEADER_BYTES)));
        };
    }

    /** Threads of this server's own: those of another in the process do not end with it. */
    @Bean
    ReactorResourceFactory reactorResourceFactory(BridgeSettings settings) {
        ReactorResourceFactory resources = new ReactorResourceFactory();
        resources.setUseGlobalResources(false);
        resources.setLoopResourcesSupplier(
                () -> LoopResources.create("webflux-http", settings.eventLoops(), true));
        // The drain has closed every socket already.
        resources.setShutdownQuietPeriod(Duration.ZERO);
        return resources;
    }

    @Bean
    RouterFunction<ServerResponse> opsRoutes(OpsEndpoints ops) {
        return ops.routes();
    }
}
