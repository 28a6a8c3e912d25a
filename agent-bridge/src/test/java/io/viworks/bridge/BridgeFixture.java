package io.viworks.bridge;

import io.lettuce.core.Range;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.backplane.Answers;
import io.viworks.backplane.RedisAcl;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.directory.DirectoryEntry;
import io.viworks.backplane.directory.DirectoryProjection;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
import io.viworks.service.Services;
import io.viworks.testkit.ScriptedAgent;
import io.viworks.testkit.ScriptedHandshake;
import io.viworks.testkit.TestRedis;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Real bridges on free ports of loopback, with a real Redis in which they are the user they are in
 * production, and the directory projected. To be closed by the test.
 */
final class BridgeFixture implements AutoCloseable {
    static final String SECRET = "correct horse battery staple";
    static final String REDIS_PASSWORD = "test-agent-bridge";

    final TestRedis redis;
    final RedisCommands<String, byte[]> raw;
    private final RedisClient client;
    private final RedisConnections connections;
    private final DirectoryProjection projection;
    private final AtomicLong dirRev = new AtomicLong();
    private final Deque<Bridge> bridges = new ArrayDeque<>();

    private BridgeFixture(TestRedis redis) {
        this.redis = redis;
        this.client = RedisClient.create(redis.url());
        this.raw = client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE)).sync();
        this.connections = RedisConnections.open(redis.url(), "bridge-test");
        this.projection = new DirectoryProjection(connections);
        String rules =
                String.join(" ", RedisAcl.rules(RedisAcl.Service.AGENT_BRIDGE, REDIS_PASSWORD));
        String answer =
                redis.command("ACL SETUSER " + RedisAcl.Service.AGENT_BRIDGE.user() + " " + rules);
        if (!answer.equals("+OK")) {
            throw new IllegalStateException(answer);
        }
        publish();
    }

    /** With the Redis all tests share, emptied. */
    static BridgeFixture onShared() {
        return new BridgeFixture(TestRedis.shared());
    }

    /** With a Redis of the test's own, which the test closes. */
    static BridgeFixture on(TestRedis redis) {
        return new BridgeFixture(redis);
    }

    /** Starts a bridge with these flags, as {@code NAME=value}, over the fixture's own. */
    Bridge bridge(String... flags) {
        return bridgeBy(redis.url(RedisAcl.Service.AGENT_BRIDGE.user(), REDIS_PASSWORD), flags);
    }

    /** Like {@link #bridge}, but it reaches Redis by another port of loopback. */
    Bridge bridgeThrough(int redisPort, String... flags) {
        String user = RedisAcl.Service.AGENT_BRIDGE.user();
        return bridgeBy(
                "redis://" + user + ":" + REDIS_PASSWORD + "@127.0.0.1:" + redisPort, flags);
    }

    private Bridge bridgeBy(String url, String... flags) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("AGENT_BRIDGE_ENABLED", "true");
        settings.put("AGENT_BRIDGE_BIND", "127.0.0.1:0");
        settings.put("AGENT_BRIDGE_EVENT_LOOPS", "2"); // commands cross from one to the other
        settings.put("VIW_MANAGEMENT_BIND", "127.0.0.1:0");
        settings.put("VIW_REDIS_URL", url);
        settings.put("AGENT_BRIDGE_SHARED_SECRET", SECRET);
        for (String flag : flags) {
            int equals = flag.indexOf('=');
            settings.put(flag.substring(0, equals), flag.substring(equals + 1));
        }
        settings.values().removeIf(String::isEmpty);
        String[] args =
                settings.entrySet().stream()
                        .map(flag -> "--" + flag.getKey() + "=" + flag.getValue())
                        .toArray(String[]::new);
        Bridge bridge =
                new Bridge(
                        Services.run(
                                        "agent-bridge",
                                        AgentBridge.class,
                                        BridgeSettings.class,
                                        BridgeSettings::from,
                                        args)
                                .orElseThrow());
        bridges.push(bridge);
        return bridge;
    }

    /** Projects the whole directory: only these agents are known to it. */
    void publish(DirectoryEntry... entries) {
        Answers.await(projection.projectAll(List.of(entries)));
    }

    /** Projects these entries on top of the others. */
    void change(DirectoryEntry... entries) {
        var version = Answers.await(projection.project(List.of(entries)));
        if (version.isEmpty()) {
            throw new IllegalStateException("the directory is not projected");
        }
    }

    /** An entry newer than all before. */
    DirectoryEntry entry(
            String agent,
            DirectoryEntry.Status status,
            boolean ownCredential,
            DirectoryEntry.Key... keys) {
        return new DirectoryEntry(
                AgentId.of(agent),
                status,
                ownCredential,
                List.of(keys),
                List.of(),
                dirRev.incrementAndGet());
    }

    /** An active agent with these certificates, newer than all before. */
    DirectoryEntry certified(String agent, X509Certificate... certificates) {
        DirectoryEntry plain = entry(agent, DirectoryEntry.Status.ACTIVE, true);
        return certified(plain, certificates);
    }

    /** The entry with these certificates. */
    static DirectoryEntry certified(DirectoryEntry entry, X509Certificate... certificates) {
        return new DirectoryEntry(
                entry.agentId(),
                entry.status(),
                entry.ownCredential(),
                entry.keys(),
                Arrays.stream(certificates).map(TestAuthority::fingerprint).toList(),
                entry.dirRev());
    }

    /** All records of a stream, oldest first, their fields as text. */
    List<Map<String, String>> records(String stream) {
        return raw.xrange(stream, Range.unbounded()).stream()
                .map(message -> {
                    Map<String, String> fields = new LinkedHashMap<>();
                    message.getBody()
                            .forEach((name, value) ->
                                    fields.put(name, new String(value, StandardCharsets.UTF_8)));
                    return fields;
                })
                .toList();
    }

    /** All records of a kind about one agent. */
    List<Map<String, String>> records(String stream, String kind, String agent) {
        return records(stream).stream()
                .filter(record -> kind.equals(record.get("kind")))
                .filter(record -> agent.equals(record.get("agent_id")))
                .toList();
    }

    @Override
    public void close() {
        bridges.forEach(Bridge::close);
        connections.close();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
    }

    /** One running bridge and the agents a test opened at it. */
    static final class Bridge implements AutoCloseable {
        final ConfigurableApplicationContext context;
        private final List<ScriptedAgent> agents = new ArrayList<>();

        private Bridge(ConfigurableApplicationContext context) {
            this.context = context;
        }

        int port() {
            return port("local.server.port");
        }

        int managementPort() {
            return port("local.management.port");
        }

        private int port(String property) {
            return context.getEnvironment().getRequiredProperty(property, Integer.class);
        }

        BridgeId id() {
            return context.getBean(BridgeId.class);
        }

        /** A right handshake with the shared secret, to be spoiled. */
        ScriptedHandshake handshake(String agent) {
            return ScriptedHandshake.to(port(), agent).secret(SECRET);
        }

        /** An agent that has said nothing yet. */
        ScriptedAgent connect(String agent) {
            return keep(handshake(agent).open());
        }

        /** An agent with its WELCOME. */
        ScriptedAgent join(String agent, String... features) {
            ScriptedAgent connected = connect(agent);
            var _ = connected.join(features);
            return connected;
        }

        /** Closes the agent with the bridge. */
        ScriptedAgent keep(ScriptedAgent agent) {
            agents.add(agent);
            return agent;
        }

        /** The sum of all counters {@code viw.bridge.name} with these tags, 0 without any. */
        double count(String name, String... tags) {
            return meters().find("viw.bridge." + name).tags(tags).counters().stream()
                    .mapToDouble(Counter::count)
                    .sum();
        }

        /** A gauge {@code viw.bridge.name}. */
        double gauge(String name) {
            Gauge gauge = meters().get("viw.bridge." + name).gauge();
            return gauge.value();
        }

        MeterRegistry meters() {
            return context.getBean(MeterRegistry.class);
        }

        @Override
        public void close() {
            agents.forEach(ScriptedAgent::close);
            context.close();
        }
    }
}
