package io.viworks.backplane.delivery;

import static io.viworks.backplane.Bench.get;
import static io.viworks.backplane.Samples.AGENT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.Consumer;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XGroupCreateArgs;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.viworks.backplane.Bench;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisAcl.Service;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.Samples;
import io.viworks.backplane.WorldAway;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.CorrelationId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A command's way to the stream of the bridge that holds its agent. */
class SendAndForwardTest {
    private final Bench bench = new Bench();
    private final RedisConnections admin = bench.login(Service.ADMIN_API);
    private final CommandSender sender = new CommandSender(admin);
    private final BridgeId bridge = Samples.bridge();
    private final CorrelationId command = Samples.command();

    @AfterEach
    void close() {
        bench.close();
    }

    private List<StreamRecord.OfCommands> at(String stream) {
        return bench.records(stream, StreamRecord.OfCommands.class);
    }

    private static StreamRecord.Command commandOf(StreamRecord.OfCommands record) {
        return (StreamRecord.Command) record;
    }

    private Deliveries bridging() {
        return new Deliveries(bench.login(Service.AGENT_BRIDGE), Samples.bridge());
    }

    @Test
    void stampsACommandWithTheLifeOfTheMemoryItIsWrittenInto() {
        String id = get(sender.send(Samples.command(command, 1, null)));
        assertThat(bench.entries(Keys.COMMANDS))
                .singleElement()
                .satisfies(entry -> assertThat(entry.getId()).isEqualTo(id));
        assertThat(commandOf(at(Keys.COMMANDS).getFirst()).life()).isEqualTo(get(admin.life()));
    }

    @Test
    void theLifeStaysWhileTheMemoryDoesAndChangesWithIt() {
        CommandSender another = new CommandSender(bench.login(Service.RESULTS_WRITER));
        get(sender.send(bridge, Samples.command(command, 1, null)));
        get(another.send(bridge, Samples.command(command, 2, null)));
        List<String> lives =
                at(Keys.commandsOf(bridge)).stream().map(r -> commandOf(r).life()).toList();
        assertThat(lives).hasSize(2).containsOnly(lives.getFirst());
        bench.redis.flush();
        get(sender.send(bridge, Samples.command(command, 3, null)));
        assertThat(commandOf(at(Keys.commandsOf(bridge)).getFirst()).life())
                .isNotIn(lives)
                .isEqualTo(get(admin.life()));
    }

    /** One that was read somewhere and is sent again belongs to this memory, not to that. */
    @Test
    void replacesALifeFromElsewhere() {
        StreamRecord.Command sent = Samples.command(command, 1, Samples.instance());
        StreamRecord.Command foreign =
                new StreamRecord.Command(
                        sent.agentId(),
                        sent.ts(),
                        sent.correlationId(),
                        sent.attempt(),
                        "another:life",
                        sent.instanceUid(),
                        sent.payload(),
                        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        get(sender.send(bridge, foreign));
        StreamRecord.Command read = commandOf(at(Keys.commandsOf(bridge)).getFirst());
        assertThat(read.life()).isEqualTo(get(admin.life()));
        assertThat(read).usingRecursiveComparison().ignoringFields("life").isEqualTo(foreign);
    }

    @Test
    void writesOtherRecordsAsTheyAre() {
        StreamRecord.Close close =
                new StreamRecord.Close(AGENT, Samples.TS, Samples.session(), 4409);
        get(sender.send(bridge, close));
        assertThat(at(Keys.commandsOf(bridge))).containsExactly(close);
        assertThat(bench.raw.exists(Keys.LIFE)).isZero();
    }

    /** So that what is sent to a bridge that is dead already is found. */
    @Test
    void notesABridgeNobodyHasHeardOfButNotTheTimeOfOneThatLives() {
        byte[] name = bridge.toString().getBytes(StandardCharsets.UTF_8);
        get(sender.send(bridge, Samples.command(command, 1, null)));
        assertThat(bench.raw.zscore(Keys.BRIDGES, name)).isPositive();
        bench.raw.zadd(Keys.BRIDGES, 42, name);
        get(sender.send(bridge, Samples.command(command, 2, null)));
        assertThat(bench.raw.zscore(Keys.BRIDGES, name)).isEqualTo(42);
    }

    @Test
    void sendsAfterRedisForgotItsScripts() {
        get(sender.send(Samples.command(command, 1, null)));
        bench.forgetScripts();
        get(sender.send(Samples.command(command, 2, null)));
        assertThat(at(Keys.COMMANDS)).hasSize(2);
    }

    @Test
    void aSendThatThisProcessRefusedIsKnownToBeUnsent() {
        RedisConnections closed = bench.login(Service.ADMIN_API);
        closed.close();
        assertThatThrownBy(() ->
                        get(new CommandSender(closed).send(Samples.command(command, 1, null))))
                .isInstanceOfSatisfying(
                        WorldAway.class, away -> assertThat(away.unsent()).isTrue());
        assertThat(at(Keys.COMMANDS)).isEmpty();
    }

    @Test
    void forwardsToTheOwnerAndAcknowledgesAtTheDoor() {
        get(sender.send(Samples.command(command, 1, Samples.instance())));
        String id = readAtTheDoor("a").getFirst().getId();
        StreamRecord.OfCommands record = at(Keys.COMMANDS).getFirst();
        assertThat(get(bridging().forward(id, record, bridge))).isTrue();
        assertThat(at(Keys.commandsOf(bridge))).containsExactly(record);
        assertThat(pendingAtTheDoor()).isZero();
        assertThat(bench.raw.zcard(Keys.BRIDGES)).isEqualTo(1);
    }

    /** Read by one, taken over by another: both come to forward it. */
    @Test
    void forwardsOnceWhoeverComes() {
        get(sender.send(Samples.command(command, 1, null)));
        String id = readAtTheDoor("a").getFirst().getId();
        StreamRecord.OfCommands record = at(Keys.COMMANDS).getFirst();
        List<Deliveries> two = List.of(bridging(), bridging());
        List<CompletableFuture<Boolean>> answers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            answers.add(two.get(i % 2).forward(id, record, bridge).toCompletableFuture());
        }
        assertThat(answers.stream().map(Bench::get).filter(passed -> passed)).hasSize(1);
        assertThat(at(Keys.commandsOf(bridge))).hasSize(1);
    }

    @Test
    void forwardsNothingThatIsNotPending() {
        get(sender.send(Samples.command(command, 1, null)));
        StreamRecord.OfCommands record = at(Keys.COMMANDS).getFirst();
        String unread = bench.entries(Keys.COMMANDS).getFirst().getId();
        assertThat(get(bridging().forward(unread, record, bridge))).isFalse();
        readAtTheDoor("a");
        bench.redis.flush();
        assertThat(get(bridging().forward(unread, record, bridge))).isFalse();
        assertThat(bench.raw.exists(Keys.commandsOf(bridge))).isZero();
    }

    @Test
    void forwardsARecordMadeByHandInFull() {
        String id =
                bench.add(
                        Keys.COMMANDS,
                        Map.of("agent_id", AGENT.toString(), "command", "STATUS", "ttl_s", "30"));
        readAtTheDoor("a");
        StreamRecord.HandMade made = (StreamRecord.HandMade) at(Keys.COMMANDS).getFirst();
        assertThat(get(bridging().forward(id, made, bridge))).isTrue();
        assertThat(at(Keys.commandsOf(bridge))).containsExactly(made);
    }

    @SuppressWarnings("unchecked") // an array of one StreamOffset<String>, made by the varargs
    private List<StreamMessage<String, byte[]>> readAtTheDoor(String consumer) {
        bench.raw.xgroupCreate(
                StreamOffset.from(Keys.COMMANDS, "0"),
                Keys.GROUP_AGENT_BRIDGE,
                XGroupCreateArgs.Builder.mkstream());
        return bench.raw.xreadgroup(
                Consumer.from(Keys.GROUP_AGENT_BRIDGE, consumer),
                XReadArgs.Builder.count(10),
                StreamOffset.lastConsumed(Keys.COMMANDS));
    }

    private long pendingAtTheDoor() {
        return bench.raw.xpending(Keys.COMMANDS, Keys.GROUP_AGENT_BRIDGE).getCount();
    }
}
