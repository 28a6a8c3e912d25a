package io.viworks.backplane.delivery;

import static io.viworks.backplane.Bench.get;
import static io.viworks.backplane.Samples.AGENT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.viworks.backplane.Bench;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisAcl.Service;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.Samples;
import io.viworks.backplane.Script;
import io.viworks.backplane.ownership.Ownership;
import io.viworks.backplane.ownership.Presence;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamRecord.ReleaseReason;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.SessionId;
import io.viworks.protocol.frame.BridgeFrame.CancelMode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a dead bridge left is told to the ledger, record by record, and forgotten (spec 3.6). */
class DeadBridgesTest {
    private static final Bytes ENVELOPE = Bytes.utf8("{\"made\":\"here\"}");

    private final Bench bench = new Bench();
    private final RedisConnections connections = bench.login(Service.AGENT_BRIDGE);
    private final BridgeId dead = Samples.bridge();
    private final BridgeId living = Samples.bridge();
    private final CommandSender sender = new CommandSender(connections);
    private final Watch watch = new Watch();
    private final DeadBridges bridges = watcher(connections);

    @AfterEach
    void close() {
        bench.close();
    }

    /** A clock that a test moves. */
    private static final class Watch implements InstantSource {
        private Instant now = Instant.parse("2026-01-15T12:00:00Z");

        @Override
        public Instant instant() {
            return now;
        }
    }

    private DeadBridges watcher(RedisConnections of) {
        return new DeadBridges(of, new Deliveries(of, living), _ -> ENVELOPE, watch);
    }

    private Presence presence(BridgeId bridge) {
        return new Presence(connections, bridge, "0.1.0", "", InstantSource.system());
    }

    /** Looks as often as a bridge does, for so long. */
    private int lookFor(Duration duration) {
        int settled = bridges.look();
        Instant until = watch.now.plus(duration);
        while (watch.now.isBefore(until)) {
            watch.now = watch.now.plus(DeadBridges.LOOK_EVERY);
            settled += bridges.look();
        }
        return settled;
    }

    private CorrelationId leave() {
        CorrelationId command = Samples.command();
        get(sender.send(dead, Samples.command(command, 1, null)));
        return command;
    }

    private List<StreamRecord.Released> released() {
        return bench.records(Keys.COMMAND_RESULTS, StreamRecord.Released.class);
    }

    private boolean isKnown(BridgeId bridge) {
        return bench.raw.zscore(Keys.BRIDGES, bridge.toString().getBytes(StandardCharsets.UTF_8))
                != null;
    }

    private void nothingIsLeft() {
        assertThat(bench.raw.exists(Keys.commandsOf(dead), Keys.commandsLeftBy(dead))).isZero();
    }

    @Test
    void releasesWhatABridgeLeftThatIsGoneForAMinute() {
        get(presence(dead).beat());
        CorrelationId first = leave();
        CorrelationId second = leave();
        assertThat(lookFor(Duration.ofMinutes(2))).isZero();
        bench.raw.del(Keys.bridge(dead));
        assertThat(lookFor(DeadBridges.GONE.minus(DeadBridges.LOOK_EVERY))).isZero();
        assertThat(lookFor(DeadBridges.LOOK_EVERY)).isEqualTo(2);
        assertThat(released())
                .extracting(
                        StreamRecord.Released::correlationId,
                        StreamRecord.Released::reason,
                        StreamRecord.Released::bridgeId)
                .containsExactly(
                        tuple(first, ReleaseReason.OFFLINE, living),
                        tuple(second, ReleaseReason.OFFLINE, living));
        nothingIsLeft();
        assertThat(isKnown(dead)).isTrue();
    }

    @Test
    void leavesAloneWhatALivingBridgeHas() {
        get(presence(dead).beat());
        leave();
        for (int i = 0; i < 5; i++) {
            assertThat(lookFor(Duration.ofSeconds(40))).isZero();
            get(presence(dead).beat());
        }
        bench.raw.del(Keys.bridge(dead));
        assertThat(lookFor(Duration.ofSeconds(50))).isZero();
        get(presence(dead).beat());
        assertThat(lookFor(Duration.ofSeconds(10))).isZero();
        bench.raw.del(Keys.bridge(dead));
        assertThat(lookFor(Duration.ofSeconds(50))).isZero();
        assertThat(bench.raw.xlen(Keys.commandsOf(dead))).isEqualTo(1);
    }

    /** After an outage of Redis every key is missing for a moment. */
    @Test
    void looksTooFarApartBeginAnew() {
        leave();
        for (int i = 0; i < 10; i++) {
            assertThat(bridges.look()).isZero();
            watch.now = watch.now.plusSeconds(31);
        }
        assertThat(lookFor(DeadBridges.GONE)).isEqualTo(1);
    }

    @Test
    void releasesEachKindAsItDeservesAndLetsNothingUnreadableStandInTheWay() {
        CorrelationId command = leave();
        get(
                sender.send(
                        dead,
                        new StreamRecord.Cancel(
                                AGENT, Samples.TS, command, Samples.TS, CancelMode.STOP, null)));
        get(
                sender.send(
                        dead,
                        new StreamRecord.JobQuery(AGENT, Samples.TS, List.of(command), null)));
        get(sender.send(dead, new StreamRecord.Close(AGENT, Samples.TS, Samples.session(), 4403)));
        bench.add(Keys.commandsOf(dead), Map.of("kind", "COMMAND"));
        CorrelationId byHand = Samples.command();
        get(
                sender.send(
                        dead,
                        new StreamRecord.HandMade(
                                AGENT,
                                Samples.TS,
                                byHand,
                                "STATUS",
                                "{}",
                                Instant.now().plusSeconds(60))));
        assertThat(bridges.settle(dead)).isEqualTo(6);
        assertThat(released())
                .extracting(StreamRecord.Released::correlationId, StreamRecord.Released::envelope)
                .containsExactly(tuple(command, null), tuple(byHand, ENVELOPE));
        nothingIsLeft();
    }

    @Test
    void dropsSilentlyWhatIsOfAnotherLife() {
        leave();
        byte[] another = "another".getBytes(StandardCharsets.UTF_8);
        bench.raw.set(Keys.LIFE, another);
        assertThat(bridges.settle(dead)).isEqualTo(1);
        assertThat(bench.raw.exists(Keys.COMMAND_RESULTS)).isZero();
        nothingIsLeft();
    }

    /** It was dispatched before its bridge died: the ledger waits for the agent's word. */
    @Test
    void doesNotReleaseWhatWasDispatched() {
        bench.project();
        SessionId session = Samples.session();
        get(
                new Ownership(connections)
                        .claim(Samples.hello(Samples.origin(dead, session, null, 0))));
        leave();
        StreamRecord.Command record =
                (StreamRecord.Command)
                        bench.records(Keys.commandsOf(dead), StreamRecord.OfCommands.class)
                                .getFirst();
        assertThat(
                        get(
                                new Deliveries(connections, dead)
                                        .deliver(
                                                record,
                                                Instant.now().plusSeconds(60),
                                                session,
                                                true)))
                .isEqualTo(new Delivered.Dispatched());
        assertThat(bridges.settle(dead)).isEqualTo(1);
        assertThat(bench.records(Keys.COMMAND_RESULTS, StreamRecord.OfResults.class))
                .singleElement()
                .isInstanceOf(StreamRecord.Dispatched.class);
    }

    @Test
    void goesOnWhereOneThatLookedBeforeHasDied() {
        CorrelationId first = leave();
        bench.raw.rename(Keys.commandsOf(dead), Keys.commandsLeftBy(dead));
        CorrelationId late = leave();
        assertThat(bridges.settle(dead)).isEqualTo(2);
        assertThat(released())
                .extracting(StreamRecord.Released::correlationId)
                .containsExactly(first, late);
        nothingIsLeft();
    }

    @Test
    void looksAgainForWhatIsSentLateAndForgetsTheBridgeInTheEnd() {
        leave();
        assertThat(lookFor(DeadBridges.GONE)).isEqualTo(1);
        CorrelationId late = leave();
        assertThat(lookFor(DeadBridges.LOOK_EVERY)).isEqualTo(1);
        assertThat(released().getLast().correlationId()).isEqualTo(late);
        assertThat(isKnown(dead)).isTrue();
        double elevenMinutesAgo =
                (double) Instant.now().minus(Duration.ofMinutes(11)).toEpochMilli();
        bench.raw.zadd(
                Keys.BRIDGES, elevenMinutesAgo, dead.toString().getBytes(StandardCharsets.UTF_8));
        assertThat(lookFor(DeadBridges.LOOK_EVERY)).isZero();
        assertThat(isKnown(dead)).isFalse();
        CorrelationId later = leave();
        assertThat(lookFor(DeadBridges.GONE)).isEqualTo(1);
        assertThat(released().getLast().correlationId()).isEqualTo(later);
    }

    /** Between a look at a stream and its end somebody may write to it. */
    @Test
    void neitherForgetsNorDeletesWhatWasWrittenMeanwhile() {
        leave();
        bench.raw.zadd(Keys.BRIDGES, 1, dead.toString().getBytes(StandardCharsets.UTF_8));
        run("forget-bridge", Keys.BRIDGES, Keys.commandsOf(dead), Keys.commandsLeftBy(dead));
        assertThat(isKnown(dead)).isTrue();
        bench.raw.rename(Keys.commandsOf(dead), Keys.commandsLeftBy(dead));
        run("forget-bridge", Keys.BRIDGES, Keys.commandsOf(dead), Keys.commandsLeftBy(dead));
        assertThat(isKnown(dead)).isTrue();
        run("finish-left", Keys.commandsLeftBy(dead));
        assertThat(bench.raw.xlen(Keys.commandsLeftBy(dead))).isEqualTo(1);
    }

    private void run(String script, String... keys) {
        assertThat(get(Script.named(script).run(connections, keys, Script.args(dead, 1))))
                .isNotNull();
    }

    @Test
    void aBridgeThatLeavesSettlesItsOwn() {
        get(presence(living).beat());
        get(presence(living).leave());
        get(sender.send(living, Samples.command(Samples.command(), 1, null)));
        assertThat(bridges.settle(living)).isEqualTo(1);
        assertThat(released()).hasSize(1);
    }

    @Test
    void manyThatLookAtOnceTellTheLedgerOnceOfEach() throws Exception {
        int left = 250;
        for (int i = 0; i < left; i++) {
            leave();
        }
        List<Callable<Integer>> looks = List.of(settling(), settling(), settling(), settling());
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Integer> look : threads.invokeAll(looks)) {
                assertThat(look.get()).isBetween(0, left);
            }
        }
        assertThat(released())
                .hasSize(left)
                .extracting(StreamRecord.Released::correlationId)
                .doesNotHaveDuplicates();
        nothingIsLeft();
    }

    private Callable<Integer> settling() {
        DeadBridges one = watcher(bench.login(Service.AGENT_BRIDGE));
        return () -> one.settle(dead);
    }

    @Test
    void findsNothingAfterRedisForgotEverything() {
        leave();
        assertThat(lookFor(Duration.ofSeconds(50))).isZero();
        bench.redis.flush();
        bench.forgetScripts();
        assertThat(lookFor(DeadBridges.GONE)).isZero();
        assertThat(bench.raw.exists(Keys.COMMAND_RESULTS, Keys.BRIDGES)).isZero();
    }
}
