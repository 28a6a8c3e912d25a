package io.viworks.backplane;

import static io.viworks.backplane.Bench.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.XAddArgs;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.viworks.backplane.RedisAcl.Service;
import io.viworks.backplane.delivery.StreamTime;
import io.viworks.backplane.ownership.Owners;
import io.viworks.backplane.ownership.Presence;
import io.viworks.backplane.stream.ConsumerLoop;
import io.viworks.backplane.stream.GatewayEvent;
import io.viworks.backplane.stream.LoopOptions;
import io.viworks.backplane.stream.OlderPending;
import io.viworks.backplane.stream.RecordFields;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamTrim;
import io.viworks.backplane.stream.StreamWriter;
import io.viworks.backplane.stream.Subscription;
import io.viworks.patience.Patience;
import io.viworks.protocol.BridgeId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each service's user can do what its service does, and not what others do. That the scripts run
 * under these rights is seen by their own tests, which log in as the services.
 */
class RedisAclTest {
    private static final LoopOptions QUICK =
            new LoopOptions(
                    1,
                    8,
                    Duration.ofMillis(100),
                    Duration.ofMillis(600),
                    Duration.ofMillis(100),
                    Duration.ofMillis(150),
                    Duration.ofMillis(10),
                    Duration.ofMillis(80),
                    1,
                    Duration.ofMillis(50),
                    Duration.ofMillis(100),
                    Duration.ofSeconds(3));

    private final Bench bench = new Bench();

    @AfterEach
    void close() {
        bench.close();
    }

    /** One loop of a service, as it is wired there. */
    record Reading(Service service, String stream, String group, StreamRecord record) {}

    static Stream<Reading> loops() {
        StreamRecord command = Samples.command(Samples.command(), 1, null);
        StreamRecord stamped =
                command instanceof StreamRecord.Command c
                        ? new StreamRecord.Command(
                                c.agentId(),
                                c.ts(),
                                c.correlationId(),
                                c.attempt(),
                                "a:life",
                                c.instanceUid(),
                                c.payload(),
                                c.traceparent())
                        : command;
        StreamRecord hello =
                Samples.hello(Samples.origin(Samples.bridge(), Samples.session(), null, 0));
        return Stream.of(
                new Reading(
                        Service.TELEMETRY_WRITER,
                        Keys.AGENT_HELLO,
                        Keys.GROUP_TELEMETRY_WRITER,
                        hello),
                new Reading(
                        Service.TELEMETRY_WRITER,
                        Keys.TELEMETRY,
                        Keys.GROUP_TELEMETRY_WRITER,
                        Samples.telemetry(1)),
                new Reading(
                        Service.RESULTS_WRITER, Keys.AGENT_HELLO, Keys.GROUP_RESULTS_WRITER, hello),
                new Reading(
                        Service.RESULTS_WRITER,
                        Keys.COMMAND_RESULTS,
                        Keys.GROUP_RESULTS_WRITER,
                        Samples.result(1)),
                new Reading(Service.AGENT_BRIDGE, Keys.COMMANDS, Keys.GROUP_AGENT_BRIDGE, stamped),
                new Reading(
                        Service.AGENT_BRIDGE,
                        Keys.commandsOf(Samples.bridge()),
                        Keys.GROUP_AGENT_BRIDGE,
                        stamped));
    }

    /** Reads, takes over, sets aside, measures, removes who is gone. */
    @ParameterizedTest
    @MethodSource("loops")
    void aServiceCanRunItsLoops(Reading reading) {
        RedisConnections connections = bench.login(reading.service());
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        String letters = Keys.deadLettersOf(reading.stream());
        Set<String> seen = ConcurrentHashMap.newKeySet();
        ConsumerLoop<StreamRecord> dead =
                loop(connections, reading, "dead", meters, WorldAway.unsent("away", null));
        dead.start();
        bench.raw.xadd(reading.stream(), RecordFields.of(reading.record()));
        await().until(() -> dead.waitingFor().filter("away"::equals).isPresent());
        dead.close();
        try (ConsumerLoop<StreamRecord> loop =
                loop(connections, reading, "a", meters, new IllegalStateException("a fault"))) {
            loop.start();
            await().until(() -> {
                seen.add(loop.waitingFor().orElse(""));
                return bench.raw.xlen(letters) == 1;
            });
            await().until(() ->
                    bench.raw.xpending(reading.stream(), reading.group()).getCount() == 0);
            await().until(() -> meters.get("viw.stream.dead_letters").gauge().value() == 1);
            await().until(() ->
                    bench.raw.xinfoConsumers(reading.stream(), reading.group()).size() == 1);
            assertThat(loop.alive()).isTrue();
            assertThat(seen).containsOnly("");
        }
    }

    private static ConsumerLoop<StreamRecord> loop(
            RedisConnections connections,
            Reading reading,
            String consumer,
            SimpleMeterRegistry meters,
            RuntimeException always) {
        return new ConsumerLoop<>(
                connections,
                new Subscription<>(reading.stream(), reading.group(), consumer, StreamRecord.class),
                _ -> {
                    throw always;
                },
                _ -> {},
                QUICK,
                meters);
    }

    @ParameterizedTest
    @CsvSource({
        "AGENT_BRIDGE, viw.agent_hello",
        "AGENT_BRIDGE, viw.telemetry",
        "AGENT_BRIDGE, viw.command_results",
        "AGENT_BRIDGE, viw.command_output",
        "TELEMETRY_WRITER, viw.events",
        "RESULTS_WRITER, viw.events",
        "ADMIN_API, viw.events"
    })
    void aServiceCanAppendToItsStreams(Service service, String stream) {
        StreamWriter writer = new StreamWriter(bench.login(service), new SimpleMeterRegistry());
        StreamRecord event =
                GatewayEvent.of(Samples.AGENT, Samples.TS, GatewayEvent.What.CONNECTED);
        get(writer.append(stream, event));
        assertThat(bench.raw.xlen(stream)).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        "AGENT_BRIDGE, viw.commands, agent-bridge",
        "AGENT_BRIDGE, viw.commands.7a0e5b1c-0000-4000-8000-000000000001, agent-bridge",
        "RESULTS_WRITER, viw.commands, agent-bridge",
        "RESULTS_WRITER, viw.command_results, results-writer"
    })
    void aServiceCanTrimBehindItsReaders(Service service, String stream, String group) {
        for (int i = 0; i < 3; i++) {
            bench.raw.xadd(stream, RecordFields.of(Samples.result(i)));
        }
        bench.redis.command("XGROUP CREATE " + stream + " " + group + " $");
        assertThat(get(new StreamTrim(bench.login(service)).trim(stream, List.of(group))))
                .isEqualTo(2);
    }

    @Test
    void theResultsWriterCanAskWhoElseHasSomethingOlder() {
        RedisConnections connections = bench.login(Service.RESULTS_WRITER);
        bench.raw.xadd(Keys.COMMAND_RESULTS, RecordFields.of(Samples.result(1)));
        bench.redis.command(
                "XGROUP CREATE " + Keys.COMMAND_RESULTS + " " + Keys.GROUP_RESULTS_WRITER + " 0");
        bench.redis.command(
                "XREADGROUP GROUP results-writer other STREAMS " + Keys.COMMAND_RESULTS + " >");
        OlderPending older =
                new OlderPending(
                        connections,
                        new Subscription<>(
                                Keys.COMMAND_RESULTS,
                                Keys.GROUP_RESULTS_WRITER,
                                "me",
                                StreamRecord.class));
        assertThat(get(older.elsewhere("9999999999999-0", Set.of()))).isTrue();
        assertThat(get(older.elsewhere("1-0", Set.of()))).isFalse();
    }

    @Test
    void theAdminApiSeesWhetherBridgesLiveAndHowFarWritersAre() {
        RedisConnections admin = bench.login(Service.ADMIN_API);
        assertThat(get(new Owners(admin).livingBridges())).isZero();
        get(
                new Presence(
                                bench.login(Service.AGENT_BRIDGE),
                                BridgeId.of("11111111-1111-4111-8111-111111111111"),
                                "1",
                                "127.0.0.1:1",
                                InstantSource.system())
                        .beat());
        assertThat(get(new Owners(admin).livingBridges())).isEqualTo(1);
        StreamTime time = new StreamTime(admin);
        bench.raw.xadd(
                Keys.TELEMETRY, new XAddArgs().id("1-1"), RecordFields.of(Samples.telemetry(1)));
        assertThat(get(time.telemetryHandledUpTo())).isEqualTo(Instant.ofEpochMilli(1));
    }

    @Test
    void aBridgeCanSeeHowFullRedisIs() {
        bench.raw.xadd(Keys.COMMAND_RESULTS, RecordFields.of(Samples.result(1)));
        Pressure pressure = get(bench.login(Service.AGENT_BRIDGE).pressure());
        assertThat(pressure.usedBytes()).isPositive();
        assertThat(pressure.resultsBytes()).isPositive();
        assertThat(pressure.high()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "XREAD COUNT 1 STREAMS viw.events 0",
                "XREAD COUNT 1 STREAMS viw.command_output 0",
                "XRANGE viw.telemetry.dlq - +",
                "XREVRANGE viw.command_results.dlq + -",
                "XLEN viw.commands.dlq",
                "XDEL viw.agent_hello.dlq 1-0",
                "PING",
                "TIME"
            })
    void theAdminApiCanReadEventsOutputAndDeadLetters(String command) {
        assertThat(as(Service.ADMIN_API, command)).doesNotStartWith("-");
    }

    @ParameterizedTest
    @EnumSource
    void nobodyRulesRedisOrTouchesWhatIsNotOurs(Service service) {
        for (String command :
                List.of(
                        "FLUSHALL",
                        "FLUSHDB",
                        "KEYS *",
                        "SCAN 0",
                        "CONFIG GET *",
                        "ACL LIST",
                        "SCRIPT FLUSH",
                        "CLIENT LIST",
                        "MONITOR",
                        "SAVE",
                        "REPLICAOF NO ONE",
                        "EXISTS another:app",
                        "EXISTS viw:somethingelse")) {
            assertRefused(service, command);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aScriptCanDoNoMoreThanItsUser(Service service) {
        assertThat(as(service, "EVAL \"return redis.call('flushall')\" 0"))
                .startsWith("-")
                .containsAnyOf("can't run this command", "NOPERM");
        assertThat(as(service, "EVAL \"return redis.call('exists','another:app')\" 0"))
                .startsWith("-")
                .containsAnyOf("can't access at least one of the keys", "NOPERM");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "TELEMETRY_WRITER | XADD viw.commands * a b",
                "TELEMETRY_WRITER | XADD viw.commands.some-bridge * a b",
                "TELEMETRY_WRITER | XADD viw.command_results * a b",
                "TELEMETRY_WRITER | XRANGE viw.command_results - +",
                "TELEMETRY_WRITER | XRANGE viw.command_output - +",
                "TELEMETRY_WRITER | EXISTS viw:life",
                "TELEMETRY_WRITER | EXISTS viw:owner:a",
                "TELEMETRY_WRITER | EXISTS viw:dir:a",
                "TELEMETRY_WRITER | EXISTS viw:nonce:a:b",
                "TELEMETRY_WRITER | DEL viw.telemetry",
                "TELEMETRY_WRITER | XTRIM viw.telemetry MAXLEN 0",
                "RESULTS_WRITER | XADD viw.telemetry * a b",
                "RESULTS_WRITER | XRANGE viw.telemetry - +",
                "RESULTS_WRITER | XRANGE viw.command_output - +",
                "RESULTS_WRITER | EXISTS viw:dir:a",
                "RESULTS_WRITER | EXISTS viw:nonce:a:b",
                "RESULTS_WRITER | EXISTS viw:decided:a",
                "RESULTS_WRITER | HSET viw:owner:a session_id b",
                "RESULTS_WRITER | DEL viw:owner:a",
                "RESULTS_WRITER | DEL viw.command_results",
                "RESULTS_WRITER | RENAME viw.commands.a viw.commands.b",
                "AGENT_BRIDGE | XADD viw.events * a b",
                "AGENT_BRIDGE | XRANGE viw.events - +",
                "AGENT_BRIDGE | XADD viw.telemetry.dlq * a b",
                "AGENT_BRIDGE | XRANGE viw.command_results.dlq - +",
                "AGENT_BRIDGE | MEMORY DOCTOR",
                "ADMIN_API | XREADGROUP GROUP agent-bridge a STREAMS viw.commands >",
                "ADMIN_API | XGROUP DESTROY viw.commands agent-bridge",
                "ADMIN_API | XTRIM viw.commands MAXLEN 0",
                "ADMIN_API | XACK viw.commands agent-bridge 1-0",
                "ADMIN_API | RENAME viw:owner:a viw:owner:b",
                "ADMIN_API | EXISTS viw:decided:a"
            })
    void aServiceCannotDoWhatOthersDo(Service service, String command) {
        assertRefused(service, command);
    }

    private void assertRefused(Service service, String command) {
        assertThat(as(service, command)).as("%s: %s", service, command).startsWith("-NOPERM");
    }

    @Test
    void aStrangerAndAWrongPasswordGetNothing() {
        String url = Users.url(bench.redis, Service.ADMIN_API);
        String password = URI.create(url).getUserInfo().split(":", 2)[1];
        assertThat(said("AUTH admin-api not-" + password, "PING")).startsWith("-WRONGPASS");
        assertThat(said("AUTH nobody " + password, "PING")).startsWith("-WRONGPASS");
    }

    @Test
    void aPasswordThatARuleCannotCarryIsRefused() {
        assertThatThrownBy(() -> RedisAcl.rules(Service.ADMIN_API, "two words"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> RedisAcl.line(Service.ADMIN_API, ""))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** The first line of what the user of this service is answered. */
    private String as(Service service, String command) {
        String[] login = URI.create(Users.url(bench.redis, service)).getUserInfo().split(":", 2);
        String answers = said("AUTH " + login[0] + " " + login[1], command);
        assertThat(answers).startsWith("+OK\n");
        return answers.substring("+OK\n".length());
    }

    /** The first lines of the answers to an AUTH and a command. */
    private String said(String auth, String command) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), bench.redis.port())) {
            socket.setSoTimeout(Math.toIntExact(Patience.LONGEST.toMillis()));
            socket.getOutputStream()
                    .write((auth + "\r\n" + command + "\r\n").getBytes(StandardCharsets.UTF_8));
            BufferedReader in =
                    new BufferedReader(
                            new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            return in.readLine() + "\n" + in.readLine();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
