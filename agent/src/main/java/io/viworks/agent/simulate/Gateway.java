package io.viworks.agent.simulate;

import io.viworks.agent.connection.Fleet;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.ExecutionId;
import io.viworks.protocol.frame.AgentFrame;
import io.viworks.protocol.frame.AgentFrame.AckStatus;
import io.viworks.protocol.frame.AgentFrame.FrameError;
import io.viworks.protocol.frame.AgentFrame.Job;
import io.viworks.protocol.frame.AgentFrame.JobState;
import io.viworks.protocol.frame.AgentFrame.Result;
import io.viworks.protocol.frame.AgentFrame.ResultStatus;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.BridgeFrame;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.frame.ErrorCodes;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.protocol.signing.BadSignature;
import io.viworks.protocol.signing.VerifyKeys;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A made-up gateway: sends telemetry, takes commands, thinks for a while, answers. It runs nothing,
 * so it verifies no signature either. Used on its member's thread.
 */
final class Gateway implements Fleet.Conduct {
    private static final FrameCodec CODEC = new FrameCodec();
    private static final Duration FLAP = Duration.ofSeconds(4);
    private static final Duration FLOOD = Duration.ofMillis(1);

    private final @Nullable Habit habit;
    private final Options options;
    private final Tally tally;
    private final RandomGenerator random;
    private final Vitals vitals;
    private final Memory memory = new Memory();
    private boolean counted;
    private long session;

    Gateway(@Nullable Habit habit, Options options, Tally tally, RandomGenerator random) {
        this.habit = habit;
        this.options = options;
        this.tally = tally;
        this.random = random;
        this.vitals = new Vitals(random);
    }

    @Override
    public void welcomed(Fleet.Member member) {
        counted = true;
        session++;
        tally.connected.incrementAndGet();
        tally.sessions.increment();
        memory.unconfirmed().forEach(member::send);
        long now = session;
        Duration interval = member.config().collectInterval();
        // not all at once: those who came together would report together for ever
        report(member, now, random(interval), habit == Habit.FLOOD ? FLOOD : interval);
        if (habit == Habit.FLAPPING) {
            member.after(FLAP.plus(random(FLAP)), () -> member.comeAgain("flapping"));
        }
    }

    @Override
    public void lost(Fleet.Member member) {
        session++;
        if (counted) {
            counted = false;
            tally.connected.decrementAndGet();
            tally.losses.increment();
        }
    }

    private void report(Fleet.Member member, long of, Duration pause, Duration interval) {
        member.after(
                pause,
                () -> {
                    if (session != of || !member.live()) {
                        return;
                    }
                    if (member.hasRoom() || habit == Habit.FLOOD) {
                        member.send(vitals.frame(id(member), Instant.now()));
                        tally.telemetry.increment();
                    }
                    report(member, of, interval, interval);
                });
    }

    @Override
    public void frame(Fleet.Member member, BridgeFrame frame) {
        switch (frame) {
            case BridgeFrame.Command command ->
                    command(member, command.envelope(), command.attempt());
            case BridgeFrame.SignedCommand signed -> signed(member, signed);
            case BridgeFrame.ResultAck ack -> {
                if (memory.confirmed(ack.correlationId())) {
                    tally.confirmed.increment();
                }
            }
            case BridgeFrame.Cancel cancel -> cancel(member, cancel);
            case BridgeFrame.JobQuery query -> status(member, query.correlationIds());
            case BridgeFrame.HelloAck _,
                    BridgeFrame.Welcome _,
                    BridgeFrame.Refusal _,
                    BridgeFrame.Ping _,
                    BridgeFrame.Pong _,
                    BridgeFrame.Bye _ -> {}
        }
    }

    private void signed(Fleet.Member member, BridgeFrame.SignedCommand command) {
        try {
            Bytes payload = VerifyKeys.unverified(command.jws());
            command(member, CODEC.decodeEnvelope(payload.array()), command.attempt());
        } catch (BadSignature | BadFrame e) {
            reject(member, command.correlationId(), command.attempt(), ErrorCodes.BAD_SIGNATURE);
        }
    }

    private void command(Fleet.Member member, Envelope envelope, int attempt) {
        CorrelationId id = envelope.correlationId();
        Memory.Entry known = memory.find(id);
        if (known != null) {
            tally.repeats.increment();
            if (known.refused()) {
                reject(member, id, attempt, ErrorCodes.CANCELLED);
            } else {
                accept(member, id, attempt);
                send(member, known.result());
            }
            return;
        }
        Instant now = Instant.now();
        if (envelope.expiresAt().isBefore(now)) {
            reject(member, id, attempt, ErrorCodes.EXPIRED);
            return;
        }
        tally.commands.increment();
        memory.taken(id, envelope.expiresAt(), now);
        accept(member, id, attempt);
        member.after(thinking(), () -> finish(member, envelope, now));
    }

    private void finish(Fleet.Member member, Envelope envelope, Instant startedAt) {
        Instant now = Instant.now();
        ObjectNode data = JsonNodeFactory.instance.objectNode();
        String said = "simulated " + envelope.verb();
        if (envelope.verb().equals("echo")) {
            said = envelope.args().path("message").asString("");
            data.put("message", said);
        }
        Result result =
                new Result(
                        id(member),
                        envelope.correlationId(),
                        new ExecutionId(new UUID(random.nextLong(), random.nextLong())),
                        ResultStatus.SUCCESS,
                        0,
                        said,
                        null,
                        data,
                        false,
                        startedAt,
                        now,
                        Duration.between(startedAt, now).toMillis(),
                        null);
        memory.finished(result);
        send(member, result);
    }

    private void cancel(Fleet.Member member, BridgeFrame.Cancel cancel) {
        Memory.Entry known = memory.find(cancel.correlationId());
        if (known == null) {
            memory.refused(cancel.correlationId(), cancel.expiresAt(), Instant.now());
            reject(member, cancel.correlationId(), 1, ErrorCodes.CANCELLED);
        } else if (known.result() != null) {
            send(member, known.result());
        } else {
            status(member, List.of(cancel.correlationId()));
        }
    }

    private void status(Fleet.Member member, List<CorrelationId> ids) {
        List<Job> jobs = new ArrayList<>();
        for (CorrelationId id : ids) {
            Memory.Entry known = memory.find(id);
            jobs.add(new Job(id, known == null ? JobState.UNKNOWN : known.state()));
        }
        member.send(new AgentFrame.JobStatus(id(member), jobs));
        for (CorrelationId id : ids) {
            Memory.Entry known = memory.find(id);
            send(member, known == null ? null : known.result());
        }
    }

    private void send(Fleet.Member member, @Nullable Result result) {
        if (result != null && member.live()) {
            tally.results.increment();
            member.send(result);
        }
    }

    private static void accept(Fleet.Member member, CorrelationId id, int attempt) {
        member.send(new AgentFrame.Ack(id(member), id, attempt, AckStatus.ACCEPTED, null, null));
    }

    private static void reject(Fleet.Member member, CorrelationId id, int attempt, String code) {
        FrameError error = new FrameError(code, "refused by a simulated gateway");
        member.send(new AgentFrame.Ack(id(member), id, attempt, AckStatus.REJECTED, error, null));
    }

    private static AgentId id(Fleet.Member member) {
        return member.config().agentId();
    }

    /** Exponential, ten times the mean at most. */
    private Duration thinking() {
        double times = Math.min(10, -Math.log(1 - random.nextDouble()));
        return Duration.ofNanos((long) (options.think().toNanos() * times));
    }

    private Duration random(Duration most) {
        return Duration.ofNanos((long) (most.toNanos() * random.nextDouble()));
    }
}
