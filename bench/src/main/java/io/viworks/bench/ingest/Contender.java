package io.viworks.bench.ingest;

import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.directory.DirectoryEntry;
import io.viworks.backplane.directory.DirectoryProjection;
import io.viworks.bench.BenchRedis;
import io.viworks.bench.ChildJvm;
import io.viworks.bench.Packaged;
import io.viworks.bench.load.Credentials;
import io.viworks.bench.load.LoadPlan;
import io.viworks.embedded.FreePort;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A server that takes agents, as a process of its own.
 *
 * @param plan of the agents that call it
 */
public record Contender(String name, ChildJvm server, LoadPlan plan) implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    /** The same heap for all: how rarely one collects must not depend on the machine's memory. */
    private static final List<String> HEAP = List.of("-Xms512m", "-Xmx512m");

    /**
     * Where a contender's log goes, which Redis it writes to, and flags of its JVM beside those
     * shipped.
     */
    public record Place(Path folder, BenchRedis redis, List<String> flags) {
        public Path log(String name) {
            return folder.resolve(name + ".log");
        }

        /** With one more flag. */
        Place with(String flag) {
            List<String> more = new ArrayList<>(flags);
            more.add(flag);
            return new Place(folder, redis, more);
        }

        private List<String> jvm() {
            List<String> all = new ArrayList<>();
            all.add("@" + checkout().resolve("deploy/docker/jvm.options"));
            all.addAll(HEAP);
            all.addAll(flags);
            return all;
        }
    }

    /** The floor that writes to Redis, or with {@code counting} only counts. */
    public static Contender floor(Place place, LoadPlan agents, boolean counting)
            throws IOException {
        int port = FreePort.or(0);
        String name = counting ? "counting" : "floor";
        LoadPlan plan = agents.to(port);
        ChildJvm server =
                ChildJvm.main(
                        BareBridge.class,
                        place.jvm(),
                        List.of(
                                Integer.toString(port),
                                Integer.toString(counting ? 0 : place.redis().port()),
                                plan.auth().name(),
                                plan.secret(),
                                "1"),
                        place.log(name),
                        false);
        return new Contender(name, server.awaitPort(port, PATIENCE), plan);
    }

    /** Reactor-netty alone, which keeps nothing of an agent. */
    static Contender reactor(Place place, LoadPlan agents) throws IOException {
        int port = FreePort.or(0);
        ChildJvm server =
                ChildJvm.main(
                        BareReactor.class,
                        place.jvm(),
                        List.of(Integer.toString(port)),
                        place.log("reactor"),
                        false);
        return new Contender("reactor-netty", server.awaitPort(port, PATIENCE), agents.to(port));
    }

    /** WebFlux and a reactive template. */
    static Contender obvious(Place place, LoadPlan agents) throws IOException {
        int port = FreePort.or(0);
        ChildJvm server =
                ChildJvm.main(
                        ObviousBridge.class,
                        place.jvm(),
                        List.of(
                                "--server.address=127.0.0.1",
                                "--server.port=" + port,
                                "--spring.data.redis.port=" + place.redis().port()),
                        place.log("obvious"),
                        false);
        return new Contender("obvious", server.awaitPort(port, PATIENCE), agents.to(port));
    }

    /**
     * The packaged bridge; only limits of rate and number are lifted. {@code VIW_BENCH_JVM} may
     * hold more flags of its JVM.
     */
    public static Contender bridge(Place place, LoadPlan agents) throws IOException {
        int port = FreePort.or(0);
        Map<String, String> environment = new HashMap<>();
        environment.put("AGENT_BRIDGE_ENABLED", "true");
        environment.put("AGENT_BRIDGE_BIND", "127.0.0.1:" + port);
        environment.put("VIW_MANAGEMENT_BIND", "127.0.0.1:" + FreePort.or(0));
        environment.put("VIW_REDIS_URL", place.redis().url());
        environment.put("AGENT_BRIDGE_SHARED_SECRET", agents.secret());
        environment.put("AGENT_BRIDGE_MAX_CONN", "50000");
        environment.put("AGENT_BRIDGE_MAX_SILENT", "50000");
        environment.put("AGENT_BRIDGE_ACCEPT_RATE", "100000");
        environment.put("AGENT_BRIDGE_SOURCE_RATE", "100000");
        environment.put("AGENT_BRIDGE_AGENT_RATE", "100000");
        environment.put("AGENT_BRIDGE_FRAME_RATE", "10000");
        environment.put("AGENT_BRIDGE_FRAME_BURST", "100000");
        List<String> jvm = new ArrayList<>(place.jvm());
        jvm.addAll(Packaged.moreFlags());
        ChildJvm server =
                ChildJvm.jar(
                        checkout().resolve("agent-bridge/target/agent-bridge-0.1.0-exec.jar"),
                        jvm,
                        environment,
                        place.log("bridge"));
        list(place.redis(), agents);
        return new Contender("bridge", server.awaitPort(port, PATIENCE), agents.to(port));
    }

    /** Under another name. */
    Contender called(String other) {
        return new Contender(other, server, plan);
    }

    private static Path checkout() {
        return Path.of(System.getProperty("viw.checkout", ".")).toAbsolutePath();
    }

    /** Writes what admin-api would: that there is a directory, and the keys of agents with one. */
    private static void list(BenchRedis redis, LoadPlan agents) {
        List<DirectoryEntry> entries = new ArrayList<>();
        if (agents.auth() == LoadPlan.Auth.KEY) {
            Credentials all = new Credentials(agents.auth(), agents.secret());
            DirectoryEntry.Key key = new DirectoryEntry.Key(all.keyId(), Bytes.of(all.publicKey()));
            for (int i = 0; i < agents.agents(); i++) {
                entries.add(
                        new DirectoryEntry(
                                AgentId.of(agents.id(i)),
                                DirectoryEntry.Status.ACTIVE,
                                true,
                                List.of(key),
                                List.of(),
                                1));
            }
        }
        try (RedisConnections connections = RedisConnections.open(redis.url(), "bench")) {
            long end = System.nanoTime() + PATIENCE.toNanos();
            while (!connections.connected() && System.nanoTime() < end) {
                // On a busy machine the first connection may take longer than it is waited for.
                Thread.onSpinWait();
            }
            var _ =
                    new DirectoryProjection(connections)
                            .projectAll(entries)
                            .toCompletableFuture()
                            .join();
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
