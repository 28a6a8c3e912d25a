package io.viworks.agent.connection;

import io.viworks.agent.journal.Entry;
import io.viworks.agent.journal.Journal;
import io.viworks.agent.journal.JournalFull;
import io.viworks.agent.log.AgentLog;
import io.viworks.agent.run.CommandExecutor;
import io.viworks.agent.run.Refusal;
import io.viworks.agent.run.Warrant;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.Traceparent;
import io.viworks.protocol.frame.AgentFrame.Job;
import io.viworks.protocol.frame.AgentFrame.JobState;
import io.viworks.protocol.frame.AgentFrame.JobStatus;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.BridgeFrame.Cancel;
import io.viworks.protocol.frame.BridgeFrame.CancelMode;
import io.viworks.protocol.frame.BridgeFrame.Command;
import io.viworks.protocol.frame.BridgeFrame.JobQuery;
import io.viworks.protocol.frame.BridgeFrame.SignedCommand;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.frame.ErrorCodes;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.protocol.signing.BadSignature;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Answers what a bridge asks about commands (spec 2.4, 3.4). The journal has the last word: what is
 * in it is repeated and never run again. Used on the loop only.
 */
final class Commands {
    /** What a bridge is asked to wait when all places are taken. */
    static final Duration BUSY_PAUSE = Duration.ofSeconds(2);

    /** What a bridge is asked to wait when the journal takes nothing. */
    static final Duration FULL_PAUSE = Duration.ofSeconds(30);

    private static final int JOBS_PER_FRAME = 500;
    private static final FrameCodec CODEC = new FrameCodec();

    private final AgentId agentId;
    private final Journal journal;
    private final CommandExecutor executor;
    private final ServerClock clock;
    private final Wire wire;
    private final Outbox outbox;
    private final Runs runs;
    private final AgentLog log;
    private final Signatures signatures;
    private final Intake intake;
    private final Acks acks;
    private boolean closed;

    Commands(
            AgentId agentId,
            Journal journal,
            CommandExecutor executor,
            ServerClock clock,
            Wire wire,
            Outbox outbox,
            Runs runs,
            Signatures signatures,
            AgentLog log) {
        this.agentId = agentId;
        this.journal = journal;
        this.executor = executor;
        this.clock = clock;
        this.wire = wire;
        this.outbox = outbox;
        this.runs = runs;
        this.log = log;
        this.signatures = signatures;
        this.intake = new Intake(agentId, journal, executor);
        this.acks = new Acks(agentId, wire);
    }

    /** Takes no new command on from now on. */
    void close() {
        closed = true;
    }

    void command(Command command) {
        Envelope envelope = command.envelope();
        if (signatures.required()) {
            unsigned(
                    envelope.correlationId(),
                    command.attempt(),
                    "this agent runs only what is signed: the COMMAND must bring a jws");
            return;
        }
        command(new Warrant(envelope, null, trace(command)), command.attempt());
    }

    private static @Nullable String trace(Command command) {
        return Traceparent.read(command.traceparent()).map(Traceparent::text).orElse(null);
    }

    /** Only what is signed is looked at; of the frame's own fields the id must be the same. */
    void command(SignedCommand command) {
        CorrelationId id = command.correlationId();
        Bytes signed;
        try {
            signed = signatures.verified(command.jws());
        } catch (BadSignature e) {
            unsigned(id, command.attempt(), e.problem());
            return;
        }
        Envelope envelope;
        try {
            envelope = CODEC.decodeEnvelope(signed.array());
        } catch (BadFrame e) {
            unreadable(id, e.problem());
            return;
        }
        if (envelope.correlationId().equals(id)) {
            command(new Warrant(envelope, command.jws(), null), command.attempt());
        } else {
            unsigned(id, command.attempt(), "the frame's correlation_id must be the signed one");
        }
    }

    private void command(Warrant warrant, int attempt) {
        Optional<Entry> known = journal.find(warrant.envelope().correlationId());
        if (known.isEmpty()) {
            fresh(warrant, attempt);
        } else {
            repeat(known.get(), warrant, attempt);
        }
    }

    /**
     * Somebody says this without being able to prove it: nothing is written down, so that a forger
     * can neither fill the journal nor have a command refused before it comes; and what is known of
     * the id is told as it is.
     */
    private void unsigned(CorrelationId id, int attempt, String problem) {
        signatures.refused(id, problem);
        journal.find(id)
                .ifPresentOrElse(
                        entry -> lastWord(entry, attempt),
                        () ->
                                acks.rejected(
                                        id,
                                        attempt,
                                        new Refusal(ErrorCodes.BAD_SIGNATURE, problem)));
    }

    /** A COMMAND of which only this could be read. */
    void unreadable(CorrelationId id, String problem) {
        if (journal.find(id).isEmpty()) {
            acks.rejected(id, 1, new Refusal(ErrorCodes.VALIDATION_FAILED, problem));
        }
    }

    void cancel(Cancel cancel) {
        CorrelationId id = cancel.correlationId();
        Entry entry = journal.find(id).orElse(null);
        switch (entry) {
            case null -> refuse(id, cancel.expiresAt(), null, 1, cancelled());
            case Entry.Accepted accepted -> {
                runs.forget(id);
                refuse(id, accepted.expiresAt(), accepted.nonce(), 1, cancelled());
            }
            case Entry.Started _ when cancel.mode() == CancelMode.STOP -> {
                log.info("run_cancelled").with("correlation_id", id).say("stopping the run");
                boolean _ = executor.cancel(id); // when it just ended by itself, its RESULT comes
            }
            case Entry.Started _, Entry.Finished _, Entry.Refused _ -> lastWord(entry, 1);
        }
    }

    void query(JobQuery query) {
        List<Job> jobs = new ArrayList<>();
        for (CorrelationId id : query.correlationIds()) {
            Entry entry = journal.find(id).orElse(null);
            switch (entry) {
                case null -> jobs.add(new Job(id, JobState.UNKNOWN));
                case Entry.Refused refused -> acks.rejected(refused, 1); // says more than a state
                case Entry.Taken taken -> jobs.add(new Job(id, state(taken)));
            }
        }
        for (int i = 0; i < jobs.size(); i += JOBS_PER_FRAME) {
            tell(jobs.subList(i, Math.min(jobs.size(), i + JOBS_PER_FRAME)));
        }
    }

    /** Ends what was taken on and is too late by the bridge's clock. Called each second. */
    void expire() {
        if (!wire.live()) {
            return;
        }
        Instant now = clock.now();
        for (Entry entry : journal.pending()) {
            if (entry instanceof Entry.Accepted accepted
                    && intake.isPast(accepted.expiresAt(), now)) {
                runs.forget(accepted.correlationId());
                expired(accepted, 1);
            }
        }
    }

    private void fresh(Warrant warrant, int attempt) {
        Envelope envelope = warrant.envelope();
        CorrelationId id = envelope.correlationId();
        Optional<Refusal> refusal = intake.refusal(envelope, clock.now());
        if (refusal.isPresent()) {
            boolean replay = refusal.get().code().equals(ErrorCodes.REPLAY_DETECTED);
            @Nullable UUID nonce = replay ? null : envelope.nonce();
            refuse(id, envelope.expiresAt(), nonce, attempt, refusal.get());
            return;
        }
        Optional<CommandExecutor.Place> place = closed ? Optional.empty() : executor.reserve();
        if (place.isEmpty()) {
            busy(id, attempt);
            return;
        }
        try {
            journal.accepted(Intake.order(envelope), clock.now());
        } catch (JournalFull e) {
            place.get().close();
            full(id, attempt, e);
            return;
        } catch (IOException e) {
            place.get().close();
            log.error("journal_unwritable").because(e).say("the journal's disk takes nothing");
            full(id, attempt, e);
            return;
        }
        acks.accepted(id, attempt);
        runs.begin(warrant, place.get());
    }

    private void repeat(Entry known, Warrant warrant, int attempt) {
        Envelope envelope = warrant.envelope();
        // After a crash the arguments are gone, and only the command itself brings them back.
        if (!(known instanceof Entry.Accepted accepted)
                || runs.isUnstarted(accepted.correlationId())) {
            lastWord(known, attempt);
            return;
        }
        if (!Intake.order(envelope).equals(accepted.order())) {
            log.error("command_differs")
                    .with("correlation_id", accepted.correlationId())
                    .say("a repeated COMMAND is not the one in the journal; it is not run");
            lastWord(known, attempt);
            return;
        }
        if (intake.isPast(accepted.expiresAt(), clock.now())) {
            expired(accepted, attempt);
            return;
        }
        Optional<Refusal> policy = executor.check(envelope);
        if (policy.isPresent()) {
            refuse(
                    accepted.correlationId(),
                    accepted.expiresAt(),
                    accepted.nonce(),
                    attempt,
                    policy.get());
            return;
        }
        Optional<CommandExecutor.Place> place = closed ? Optional.empty() : executor.reserve();
        acks.accepted(accepted.correlationId(), attempt);
        if (place.isPresent()) {
            runs.begin(warrant, place.get());
        } else {
            runs.later(warrant);
        }
    }

    private void lastWord(Entry entry, int attempt) {
        CorrelationId id = entry.correlationId();
        switch (entry) {
            case Entry.Accepted _ -> acks.accepted(id, attempt);
            case Entry.Started _ -> {
                acks.accepted(id, attempt);
                tell(List.of(new Job(id, JobState.RUNNING)));
            }
            case Entry.Finished _ -> outbox.send(id);
            case Entry.Refused refused -> acks.rejected(refused, attempt);
        }
    }

    private JobState state(Entry.Taken taken) {
        return switch (taken) {
            case Entry.Accepted _ -> JobState.ACCEPTED;
            case Entry.Started _ -> JobState.RUNNING;
            case Entry.Finished finished -> {
                outbox.sendAfter(finished.correlationId());
                yield interrupted(finished) ? JobState.LOST : JobState.FINISHED;
            }
        };
    }

    private boolean interrupted(Entry.Finished finished) {
        try {
            return Reports.isInterrupted(journal.result(finished), finished.finishedAt());
        } catch (IOException e) {
            return false;
        }
    }

    private void tell(List<Job> jobs) {
        wire.send(new JobStatus(agentId, jobs));
        outbox.pump();
    }

    private void expired(Entry.Accepted accepted, int attempt) {
        refuse(
                accepted.correlationId(),
                accepted.expiresAt(),
                accepted.nonce(),
                attempt,
                new Refusal(ErrorCodes.EXPIRED, "expires_at passed before it could start"));
    }

    /** Remembered before it is told: a later copy must get the same answer. */
    private void refuse(
            CorrelationId id,
            Instant expiresAt,
            @Nullable UUID nonce,
            int attempt,
            Refusal refusal) {
        try {
            journal.refused(
                    new Entry.Refused(
                            id, expiresAt, nonce, clock.now(), refusal.code(), refusal.message()));
        } catch (IOException e) {
            log.error("journal_unwritable")
                    .with("correlation_id", id)
                    .because(e)
                    .say("a refusal cannot be kept; it is not told, so that it is asked again");
            return;
        }
        log.info("command_refused")
                .with("correlation_id", id)
                .with("error", refusal.code())
                .say("a command is not run");
        acks.rejected(id, attempt, refusal);
    }

    private void busy(CorrelationId id, int attempt) {
        acks.later(id, attempt, new Refusal(ErrorCodes.BUSY, "all places are taken"), BUSY_PAUSE);
    }

    private void full(CorrelationId id, int attempt, Exception e) {
        String message = String.valueOf(e.getMessage());
        acks.later(id, attempt, new Refusal(ErrorCodes.JOURNAL_FULL, message), FULL_PAUSE);
    }

    private static Refusal cancelled() {
        return new Refusal(ErrorCodes.CANCELLED, "it was cancelled before it started");
    }
}
