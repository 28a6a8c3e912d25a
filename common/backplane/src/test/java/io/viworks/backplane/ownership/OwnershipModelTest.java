package io.viworks.backplane.ownership;

import static io.viworks.backplane.Bench.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.backplane.Bench;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisAcl.Service;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.Samples;
import io.viworks.backplane.stream.Origin;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.SessionId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Every order of four steps of two sessions, and of the key's expiry, against a model of spec 3.3:
 * a session holds the agent from its claim until another claims, it releases, or the key expires.
 */
class OwnershipModelTest {
    private static final int STEPS = 4;

    private final Bench bench = new Bench();
    private final RedisConnections connections = bench.login(Service.AGENT_BRIDGE);
    private final Ownership ownership = new Ownership(connections);
    private final BridgeId bridge = Samples.bridge();
    private final List<SessionId> sessions = List.of(Samples.session(), Samples.session());

    @AfterEach
    void close() {
        bench.close();
    }

    private enum Act {
        CLAIM,
        RECLAIM,
        RENEW,
        RELEASE,
        EXPIRE
    }

    /** What one session does, or what happens to the key. */
    private record Step(Act act, int who) {
        static final List<Step> ALL = all();

        private static List<Step> all() {
            List<Step> steps = new ArrayList<>();
            for (Act act : Act.values()) {
                steps.add(new Step(act, 0));
                if (act != Act.EXPIRE) {
                    steps.add(new Step(act, 1));
                }
            }
            return List.copyOf(steps);
        }
    }

    /** The spec in a few lines: who holds the agent, and what has been written. */
    private static final class Model {
        @Nullable Integer holder;
        final List<String> written = new ArrayList<>();

        String answerTo(Step step) {
            Integer before = holder;
            int me = step.who();
            return switch (step.act()) {
                case CLAIM -> won(me, before);
                case RECLAIM ->
                        before == null || before == me ? won(me, before) : "taken " + before;
                case RENEW -> hold(me, before).name();
                case RELEASE -> {
                    if (hold(me, before) != Hold.OTHER) {
                        holder = null;
                        written.add("GONE " + me);
                    }
                    yield hold(me, before).name();
                }
                case EXPIRE -> {
                    holder = null;
                    yield "";
                }
            };
        }

        private String won(int me, @Nullable Integer before) {
            holder = me;
            if (before == null || before != me) {
                written.add("HELLO " + me);
            }
            return before == null || before == me ? "won" : "won from " + before;
        }

        private static Hold hold(int me, @Nullable Integer before) {
            return before == null ? Hold.MISSING : before == me ? Hold.HELD : Hold.OTHER;
        }
    }

    @Test
    void everyOrderOfStepsEndsAsTheSpecSays() {
        bench.project();
        teachScripts();
        Map<AgentId, List<Step>> orders = new HashMap<>();
        for (Step first : Step.ALL) {
            List<Run> runs = new ArrayList<>();
            for (List<Step> rest : orders(STEPS - 1)) {
                List<Step> steps = new ArrayList<>(List.of(first));
                steps.addAll(rest);
                AgentId agent = AgentId.of("order-" + orders.size());
                orders.put(agent, steps);
                runs.add(start(agent, steps));
            }
            runs.forEach(run ->
                    assertThat(run.answers.stream().map(Bench::get).toList())
                            .as("answers to %s", run.steps)
                            .isEqualTo(run.expected));
        }
        assertThat(orders).hasSize((int) Math.pow(Step.ALL.size(), STEPS));
        assertThat(written()).isEqualTo(expectedWriting(orders));
    }

    /** A script Redis does not know is sent a second time, behind what was sent meanwhile. */
    private void teachScripts() {
        for (Step step : Step.ALL) {
            get(take(AgentId.of("teacher"), step));
        }
        bench.raw.del(Keys.owner(AgentId.of("teacher")), Keys.AGENT_HELLO);
    }

    private static List<List<Step>> orders(int length) {
        if (length == 0) {
            return List.of(List.of());
        }
        List<List<Step>> all = new ArrayList<>();
        for (List<Step> shorter : orders(length - 1)) {
            for (Step step : Step.ALL) {
                List<Step> longer = new ArrayList<>(shorter);
                longer.add(step);
                all.add(longer);
            }
        }
        return all;
    }

    private record Run(
            List<Step> steps, List<CompletionStage<String>> answers, List<String> expected) {}

    /** All steps are on their way at once: one connection keeps their order. */
    private Run start(AgentId agent, List<Step> steps) {
        Model model = new Model();
        List<CompletionStage<String>> answers = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        for (Step step : steps) {
            answers.add(take(agent, step));
            expected.add(model.answerTo(step));
        }
        return new Run(steps, answers, expected);
    }

    private CompletionStage<String> take(AgentId agent, Step step) {
        SessionId session = sessions.get(step.who());
        Origin origin = Samples.origin(bridge, session, null, 0);
        return switch (step.act()) {
            case CLAIM -> ownership.claim(hello(agent, origin)).thenApply(this::text);
            case RECLAIM -> ownership.reclaim(hello(agent, origin)).thenApply(this::text);
            case RENEW ->
                    ownership
                            .renew(Map.of(agent, session))
                            .thenApply(holds -> String.valueOf(holds.get(agent)));
            case RELEASE ->
                    ownership
                            .release(new StreamRecord.Gone(agent, Samples.TS, origin, 1000, "done"))
                            .thenApply(Hold::name);
            case EXPIRE ->
                    connections.ask(redis -> redis.del(Keys.owner(agent))).thenApply(_ -> "");
        };
    }

    private static StreamRecord.Hello hello(AgentId agent, Origin origin) {
        return new StreamRecord.Hello(
                agent,
                Samples.TS,
                origin,
                Bytes.utf8("{}"),
                StreamRecord.Auth.SHARED,
                null,
                "10.0.0.7");
    }

    private String text(Claim claim) {
        return switch (claim) {
            case Claim.Won(long _, Owner displaced) ->
                    displaced == null ? "won" : "won from " + who(displaced.sessionId());
            case Claim.Taken(Owner owner) -> "taken " + who(owner.sessionId());
            case Claim.Refused refused -> refused.toString();
            case Claim.CredentialGone gone -> gone.toString();
            case Claim.CredentialNeeded needed -> needed.toString();
            case Claim.DirectoryAway away -> away.toString();
        };
    }

    private int who(SessionId session) {
        return sessions.indexOf(session);
    }

    private Map<AgentId, List<String>> written() {
        Map<AgentId, List<String>> written = new HashMap<>();
        Map<AgentId, Long> epochs = new HashMap<>();
        for (StreamRecord.OfHello record :
                bench.records(Keys.AGENT_HELLO, StreamRecord.OfHello.class)) {
            switch (record) {
                case StreamRecord.Hello hello -> {
                    note(written, hello.agentId(), "HELLO " + who(hello.origin().sessionId()));
                    epochs.put(hello.agentId(), hello.origin().epoch());
                }
                case StreamRecord.Gone gone ->
                        note(written, gone.agentId(), "GONE " + who(gone.origin().sessionId()));
                case StreamRecord.Seen _, StreamRecord.Refused _ ->
                        throw new IllegalStateException("nobody wrote " + record);
            }
        }
        assertThat(epochs.values()).allMatch(epoch -> epoch > 0);
        return written;
    }

    private static void note(Map<AgentId, List<String>> written, AgentId agent, String what) {
        written.computeIfAbsent(agent, _ -> new ArrayList<>()).add(what);
    }

    private static Map<AgentId, List<String>> expectedWriting(Map<AgentId, List<Step>> orders) {
        Map<AgentId, List<String>> expected = new HashMap<>();
        orders.forEach((agent, steps) -> {
            Model model = new Model();
            steps.forEach(model::answerTo);
            if (!model.written.isEmpty()) {
                expected.put(agent, model.written);
            }
        });
        return expected;
    }
}
