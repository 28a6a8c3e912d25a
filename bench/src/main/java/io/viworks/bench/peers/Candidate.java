package io.viworks.bench.peers;

import io.viworks.bench.BenchRedis;
import io.viworks.bench.ingest.Contender;
import io.viworks.bench.load.Load;
import io.viworks.bench.load.LoadPlan;
import io.viworks.embedded.FreePort;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * One who keeps messages, with those who send them.
 *
 * @param cpu of all its processes, so far
 * @param tidy empties what it keeps
 * @param confirms whether each message has an answer of its own
 */
record Candidate(String name, Load load, Probe cpu, Work tidy, boolean confirms, End end)
        implements AutoCloseable {
    /** Reads processor time. */
    interface Probe {
        Duration now() throws IOException;
    }

    /** Something to do. */
    interface Work {
        void run() throws IOException, InterruptedException;
    }

    /** Ends its processes. */
    interface End {
        void run() throws IOException;
    }

    /** The packaged bridge with its Redis. */
    static Candidate bridge(Path folder, int clients, int bytes) throws IOException {
        BenchRedis redis = BenchRedis.start(folder.resolve("redis"));
        Contender bridge =
                Contender.bridge(
                        new Contender.Place(folder, redis, List.of()),
                        LoadPlan.of(0, clients).frames(bytes).confirmedBy(redis.port()));
        return new Candidate(
                "agent-bridge + Redis",
                Load.start(bridge.plan(), folder.resolve("bridge-load.log")),
                () -> bridge.server().cpu().plus(redis.cpu()),
                () -> redis.tidy("viw.telemetry"),
                false,
                () -> {
                    bridge.close();
                    redis.close();
                });
    }

    static Candidate nats(Path folder, int clients, int bytes) throws IOException {
        int control = FreePort.or(0);
        PeerServer server = PeerServer.nats(folder, control);
        return new Candidate(
                "NATS JetStream",
                load("nats", server, clients, bytes, folder),
                server::cpu,
                () -> NatsStream.purge(control),
                true,
                server::close);
    }

    static Candidate mosquitto(Path folder, int clients, int bytes) throws IOException {
        PeerServer server = PeerServer.mosquitto(folder);
        return new Candidate(
                "Mosquitto QoS 1",
                load("mqtt", server, clients, bytes, folder),
                server::cpu,
                () -> {},
                true,
                server::close);
    }

    private static Load load(
            String protocol, PeerServer server, int clients, int bytes, Path folder)
            throws IOException {
        return Load.start(
                PeerLoad.class,
                List.of(
                        protocol,
                        Integer.toString(server.port()),
                        Integer.toString(clients),
                        Integer.toString(bytes)),
                folder.resolve(protocol + "-load.log"));
    }

    @Override
    public void close() throws IOException {
        load.close();
        end.run();
    }
}
