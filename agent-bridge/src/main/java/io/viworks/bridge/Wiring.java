package io.viworks.bridge;

import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.EventLoopGroup;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.delivery.CommandSender;
import io.viworks.backplane.directory.Directory;
import io.viworks.backplane.directory.Nonces;
import io.viworks.backplane.ownership.Ownership;
import io.viworks.backplane.ownership.Presence;
import io.viworks.backplane.stream.StreamWriter;
import io.viworks.backplane.stream.TelemetryWriter;
import io.viworks.bridge.delivery.CommandTraffic;
import io.viworks.bridge.handshake.Admission;
import io.viworks.bridge.handshake.Handshake;
import io.viworks.bridge.ingress.Ingress;
import io.viworks.bridge.ingress.Recent;
import io.viworks.bridge.ingress.Relief;
import io.viworks.bridge.limit.ByteBudget;
import io.viworks.bridge.metrics.BridgeMeters;
import io.viworks.bridge.ops.OpsEndpoints;
import io.viworks.bridge.ownership.Keeper;
import io.viworks.bridge.session.Claims;
import io.viworks.bridge.session.SessionContext;
import io.viworks.bridge.session.Sessions;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.CloseCode;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.service.TracingSettings;
import io.viworks.service.trace.Tracing;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.UUID;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;
import reactor.netty.resources.LoopResources;

/** The parts of the bridge and who needs whom. */
@Configuration(proxyBeanMethods = false)
class Wiring {
    private final InstantSource clock = InstantSource.system();

    /** New for each process life: what a dead one left is never taken for one's own. */
    @Bean
    BridgeId bridgeId() {
        return new BridgeId(UUID.randomUUID());
    }

    @Bean(destroyMethod = "close")
    RedisConnections redis(BridgeSettings settings) {
        return RedisConnections.open(settings.redisUrl(), "agent-bridge");
    }

    @Bean(destroyMethod = "close")
    Tracing tracing(TracingSettings settings) {
        return settings.open();
    }

    @Bean
    BridgeMeters bridgeMeters(MeterRegistry registry) {
        return new BridgeMeters(registry);
    }

    @Bean
    Sessions sessions(BridgeMeters meters) {
        Sessions sessions = new Sessions();
        meters.gauge("sessions", "live sessions", sessions::liveCount);
        meters.gauge("connections", "open sockets of agents", sessions::openCount);
        return sessions;
    }

    @Bean
    Admission admission(BridgeSettings settings, BridgeMeters meters) {
        return new Admission(
                settings.handshake(), meters::limited, System::nanoTime, new SecureRandom());
    }

    @Bean
    Directory directory(RedisConnections redis) {
        return new Directory(redis);
    }

    @Bean
    CommandSender commandSender(RedisConnections redis) {
        return new CommandSender(redis);
    }

    @Bean
    Relief relief(BridgeMeters meters) {
        Relief relief = new Relief();
        meters.gauge("redis.used.bytes", "memory Redis uses", relief::usedBytes);
        meters.gauge("redis.limit.bytes", "memory Redis may use", relief::limitBytes);
        return relief;
    }

    @Bean
    Recent recent(BridgeSettings settings, BridgeMeters meters) {
        Recent recent = new Recent(settings.recentBytes());
        meters.gauge("recent.bytes", "what is kept for who looks", recent::used);
        return recent;
    }

    @Bean(destroyMethod = "close")
    Ingress ingress(
            BridgeSettings settings,
            RedisConnections redis,
            Relief relief,
            Recent recent,
            BridgeMeters meters) {
        long room = TelemetryWriter.ROOM / settings.eventLoops();
        return new Ingress(
                new StreamWriter(redis, meters.registry()),
                done -> new TelemetryWriter(redis, meters.registry(), room, done),
                relief,
                recent,
                meters);
    }

    @Bean
    Claims claims(
            RedisConnections redis,
            CommandSender sender,
            BridgeId bridge,
            Sessions sessions,
            BridgeMeters meters) {
        return new Claims(
                new Ownership(redis),
                sender,
                bridge,
                (agent, session) ->
                        sessions.find(agent, session)
                                .ifPresent(older -> older.requestClose(CloseCode.DISPLACED)),
                meters,
                clock);
    }

    @Bean
    SessionContext sessionContext(
            BridgeSettings settings,
            BridgeId bridge,
            Sessions sessions,
            Claims claims,
            Ingress ingress,
            RedisConnections redis,
            BridgeMeters meters,
            Tracing tracing) {
        ByteBudget outbound = new ByteBudget(settings.outboundBytes());
        meters.gauge("outbound.bytes", "what waits to leave by all sockets", outbound::used);
        ByteBudget unwritten = new ByteBudget(settings.unwrittenBytes());
        meters.gauge("unwritten.bytes", "what agents said that waits for Redis", unwritten::used);
        return new SessionContext(
                bridge,
                settings.limits(),
                new FrameCodec(meters),
                sessions,
                claims,
                ingress,
                redis::join,
                outbound,
                unwritten,
                meters,
                tracing,
                clock,
                System::nanoTime,
                UUID::randomUUID);
    }

    @Bean
    Trust trust(BridgeSettings settings, BridgeMeters meters) {
        return Trust.of(settings.handshake(), meters, clock);
    }

    @Bean
    Handshake handshake(
            BridgeSettings settings,
            Admission admission,
            Trust trust,
            Directory directory,
            RedisConnections redis,
            BridgeId bridge,
            Ingress ingress) {
        return new Handshake(
                settings.handshake(),
                admission,
                trust.certificates(),
                directory,
                new Nonces(redis),
                bridge,
                ingress::refused,
                clock);
    }

    @Bean
    CommandTraffic commandTraffic(
            BridgeSettings settings,
            BridgeId bridge,
            RedisConnections redis,
            Sessions sessions,
            BridgeMeters meters,
            Tracing tracing,
            ReactorResourceFactory server) {
        EventLoopGroup loops = server.getLoopResources().onServer(LoopResources.DEFAULT_NATIVE);
        return new CommandTraffic(
                bridge,
                redis,
                sessions,
                meters,
                tracing,
                clock,
                UUID::randomUUID,
                settings.sealed(),
                settings.signedOnly(),
                loops::next);
    }

    @Bean
    Presence presence(RedisConnections redis, BridgeId bridge, BridgeSettings settings) {
        String version = AgentBridge.class.getPackage().getImplementationVersion();
        return new Presence(
                redis,
                bridge,
                version == null ? "unpackaged" : version,
                settings.bind().toString(),
                clock);
    }

    @Bean
    KeptUp keptUp(
            Sessions sessions,
            Claims claims,
            Directory directory,
            Presence presence,
            RedisConnections redis,
            Relief relief,
            Trust trust) {
        return new KeptUp(
                new Keeper(sessions, claims, directory, trust.certificates(), clock),
                presence,
                redis,
                relief,
                trust);
    }

    @Bean
    OpsEndpoints opsEndpoints(
            BridgeSettings settings,
            Sessions sessions,
            Recent recent,
            Admission admission,
            CommandSender sender,
            BridgeId bridge) {
        return new OpsEndpoints(
                sessions,
                recent,
                admission,
                settings.handshake().enabled(),
                sender,
                bridge,
                settings.adminToken(),
                clock,
                UUID::randomUUID);
    }

    @Bean
    Drain drain(
            ApplicationContext context,
            Admission admission,
            Sessions sessions,
            CommandTraffic traffic,
            Ingress ingress,
            Claims claims,
            Presence presence,
            KeptUp keptUp,
            RedisConnections redis) {
        return new Drain(
                context,
                admission,
                sessions,
                traffic,
                ingress,
                claims,
                presence,
                keptUp,
                redis::leaveLoops);
    }
}
