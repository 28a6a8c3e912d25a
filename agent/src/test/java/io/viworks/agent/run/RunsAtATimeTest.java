package io.viworks.agent.run;

import static io.viworks.agent.run.TestVerbs.SLEEPERS;
import static io.viworks.agent.run.TestVerbs.SLEEPING;
import static io.viworks.agent.run.TestVerbs.place;
import static io.viworks.agent.run.TestVerbs.script;
import static io.viworks.agent.run.TestVerbs.sleeping;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.viworks.agent.run.CommandExecutor.Place;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.AgentFrame.FrameError;
import io.viworks.protocol.frame.Envelope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs beside each other: their places, their cancelling, and the end of the agent. */
@Timeout(300)
class RunsAtATimeTest {
    @TempDir Path folder;
    private @Nullable VerbExecutor executor;

    @AfterEach
    void close() {
        if (executor != null) {
            executor.close();
        }
        SLEEPING.forEach(seconds -> assertThat(sleeping(seconds)).isEmpty());
    }

    @Test
    void hasNoMorePlacesThanItSays() throws Exception {
        CommandExecutor mine = executor();
        Place first = place(mine);
        Place second = place(mine);
        assertThat(mine.reserve()).isEmpty();
        first.close();
        first.close(); // gives back once
        Place third = place(mine);
        assertThat(mine.reserve()).isEmpty();

        CompletableFuture<Boolean> freeAtTheEnd = new CompletableFuture<>();
        third.start(
                Warrant.unsigned(script("true")),
                _ -> {},
                _ -> {
                    Optional<Place> again = mine.reserve();
                    again.ifPresent(Place::close);
                    freeAtTheEnd.complete(again.isPresent());
                });
        assertThat(freeAtTheEnd.get()).isTrue();
        third.close(); // does nothing once started
        assertThatThrownBy(() -> third.start(Warrant.unsigned(script("true")), _ -> {}, _ -> {}))
                .isInstanceOf(IllegalStateException.class);
        Place fourth = place(mine);
        assertThat(mine.reserve()).isEmpty();
        fourth.close();
        second.close();
    }

    @Test
    void runsAsManyAtATimeAsItHasPlaces() throws Exception {
        Path both = folder.resolve("both");
        String meet = "echo x >>" + both + "; while [ $(wc -l <" + both + ") -lt 2 ]; ";
        Envelope one = script(meet + "do sleep 0.02; done");
        Envelope two = script(meet + "do sleep 0.02; done");
        CompletableFuture<RunOutcome> first = new CompletableFuture<>();
        CompletableFuture<RunOutcome> second = new CompletableFuture<>();
        place(executor()).start(Warrant.unsigned(one), _ -> {}, first::complete);
        place(executor()).start(Warrant.unsigned(two), _ -> {}, second::complete);
        assertThat(first.get().rc()).isZero();
        assertThat(second.get().rc()).isZero();
    }

    @Test
    void cancelsARunWithAllItsProcesses() throws Exception {
        Path begun = folder.resolve("begun");
        Envelope envelope = script("echo a; touch " + begun + "; " + SLEEPERS);
        CompletableFuture<RunOutcome> end = new CompletableFuture<>();
        place(executor()).start(Warrant.unsigned(envelope), _ -> {}, end::complete);
        await().until(() -> Files.exists(begun));
        assertThat(executor().cancel(new CorrelationId(UUID.randomUUID()))).isFalse();
        assertThat(executor().cancel(envelope.correlationId())).isTrue();
        assertThat(end.get().error())
                .isEqualTo(new FrameError("Cancelled", "it was cancelled while it ran"));
        assertThat(end.get().stdout()).isEqualTo("a\n");
        assertThat(executor().cancel(envelope.correlationId())).isFalse();
    }

    @Test
    void interruptsRunsWhenItIsClosedAndWaitsForThem() throws Exception {
        Path begun = folder.resolve("begun");
        CompletableFuture<RunOutcome> end = new CompletableFuture<>();
        CommandExecutor mine = executor();
        place(mine)
                .start(
                        Warrant.unsigned(script("touch " + begun + "; " + SLEEPERS)),
                        _ -> {},
                        end::complete);
        Place late = place(mine);
        await().until(() -> Files.exists(begun));
        mine.close();
        assertThat(end).isDone();
        assertThat(end.get().error())
                .isEqualTo(new FrameError("Interrupted", "the agent ended while it ran"));
        assertThat(mine.reserve()).isEmpty();
        // a place from before is of no use any more, and says so
        CompletableFuture<RunOutcome> never = new CompletableFuture<>();
        late.start(
                Warrant.unsigned(script("touch " + folder + "/late; sleep 8704")),
                _ -> {},
                never::complete);
        assertThat(never.get().error()).extracting(FrameError::code).isEqualTo("Interrupted");
    }

    @Test
    void tellsTheEndOnAThreadThatNothingInterrupts() throws Exception {
        for (int i = 0; i < 20; i++) {
            Envelope envelope = script("true");
            CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
            place(executor())
                    .start(
                            Warrant.unsigned(envelope),
                            _ -> {},
                            _ -> interrupted.complete(Thread.currentThread().isInterrupted()));
            while (!interrupted.isDone()) {
                executor().cancel(envelope.correlationId());
            }
            assertThat(interrupted.get()).isFalse();
        }
    }

    @Test
    void endsWhatAnEarlierLifeLeft() throws Exception {
        CorrelationId id = new CorrelationId(UUID.randomUUID());
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-c", SLEEPERS);
        builder.environment().put("VIW_CORRELATION_ID", id.toString());
        Process left = builder.start();
        await().until(() -> SLEEPING.stream().allMatch(s -> sleeping(s).size() == 1));
        executor().killLeftovers(new CorrelationId(UUID.randomUUID()));
        assertThat(left.isAlive()).isTrue();
        executor().killLeftovers(id);
        SLEEPING.forEach(seconds -> assertThat(sleeping(seconds)).isEmpty());
        assertThat(left.waitFor()).isNotZero();
    }

    @Test
    void refusesToRunACommandTwiceAtATime() throws Exception {
        Envelope envelope = script("sleep 8704");
        CompletableFuture<RunOutcome> end = new CompletableFuture<>();
        place(executor()).start(Warrant.unsigned(envelope), _ -> {}, end::complete);
        Place second = place(executor());
        assertThatThrownBy(() -> second.start(Warrant.unsigned(envelope), _ -> {}, _ -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("runs already");
        place(executor()).close(); // the refused one's is free again
        executor().cancel(envelope.correlationId());
        assertThat(end.get().error()).extracting(FrameError::code).isEqualTo("Cancelled");
    }

    private VerbExecutor executor() {
        VerbExecutor present = executor;
        if (present == null) {
            present = TestVerbs.executor();
            executor = present;
        }
        return present;
    }
}
