package io.viworks.ledger;

import static io.viworks.ledger.LedgerFixture.AGENT;
import static io.viworks.ledger.LedgerFixture.journalled;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.viworks.backplane.ownership.Owner;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What becomes of requests for commands. */
class AcceptanceTest {
    private final LedgerFixture fixture = new LedgerFixture();
    private final Owner owner = journalled();

    @Test
    void claimsTheFirstAttemptWhenTheGatewayHasAnOwnerAndRoom() {
        NewCommand command = fixture.command();
        Accepted accepted = fixture.ledger.accept(command, owner);
        assertThat(accepted)
                .isInstanceOfSatisfying(
                        Accepted.Claimed.class,
                        claimed -> {
                            assertThat(claimed.record().attempt()).isEqualTo(1);
                            assertThat(claimed.record().instanceUid())
                                    .isEqualTo(owner.instanceUid());
                            assertThat(claimed.record().payload()).isEqualTo(command.payload());
                        });
        assertThat(fixture.state(command.correlationId())).isEqualTo(CommandState.QUEUED);
        assertThat(fixture.attempt(command.correlationId())).isEqualTo(1);
    }

    @Test
    void letsACommandWaitWithoutAnOwner() {
        CorrelationId id = fixture.waiting();
        assertThat(fixture.attempt(id)).isZero();
        assertThat(fixture.column(id, "sent_at")).isEqualTo("null");
    }

    @Test
    void overtakesNobodyWhoWaits() {
        CorrelationId first = fixture.waiting();
        NewCommand second = fixture.command();
        assertThat(fixture.ledger.accept(second, owner)).isInstanceOf(Accepted.Waiting.class);
        assertThat(fixture.next(owner))
                .map(sent -> ((StreamRecord.Command) sent.record()).correlationId())
                .containsExactly(first, second.correlationId());
    }

    @Test
    void letsNoMoreOutThanTheGatewayMayHaveInFlight() {
        for (int i = 0; i < fixture.limits.maxInflight(); i++) {
            CorrelationId _ = fixture.sent(owner);
        }
        assertThat(fixture.ledger.accept(fixture.command(), owner))
                .isInstanceOf(Accepted.Waiting.class);
    }

    @Test
    void letsNoMoreOutThanTheAgentItselfSaid() {
        fixture.gateway("[]", 1, owner);
        CorrelationId _ = fixture.sent(owner);
        assertThat(fixture.ledger.accept(fixture.command(), owner))
                .isInstanceOf(Accepted.Waiting.class);
    }

    @Test
    void refusesOneMoreThanMayWait() {
        LedgerFixture small = new LedgerFixture(LedgerLimits.standard().withQueueMax(2));
        CorrelationId _ = small.waiting();
        CorrelationId _ = small.waiting();
        assertThat(small.ledger.accept(small.command(), null)).isEqualTo(new Accepted.QueueFull(2));
        assertThat(small.count("select count(*) from agent_commands")).isEqualTo(2);
    }

    @Test
    void refusesWhatCannotGoOutNowWhenItMustNotWait() {
        NewCommand offline = fixture.command(AGENT, Delivery.IMMEDIATE, null);
        assertThat(fixture.ledger.accept(offline, null)).isInstanceOf(Accepted.AgentOffline.class);
        CorrelationId _ = fixture.waiting();
        NewCommand busy = fixture.command(AGENT, Delivery.IMMEDIATE, null);
        assertThat(fixture.ledger.accept(busy, owner)).isInstanceOf(Accepted.AgentBusy.class);
        assertThat(fixture.count("select count(*) from agent_commands")).isEqualTo(1);
    }

    @Test
    void knowsARepeatedRequestByItsId() {
        NewCommand command = fixture.command();
        Accepted _ = fixture.ledger.accept(command, owner);
        assertThat(fixture.ledger.accept(command, owner))
                .isInstanceOfSatisfying(
                        Accepted.Duplicate.class,
                        duplicate ->
                                assertThat(duplicate.existing().correlationId())
                                        .isEqualTo(command.correlationId()));
    }

    @Test
    void knowsARepeatedRequestByItsKeyThoughItsIdIsAnother() {
        NewCommand first = fixture.command(AGENT, Delivery.QUEUE, "key");
        Accepted _ = fixture.ledger.accept(first, owner);
        NewCommand again = fixture.command(AGENT, Delivery.QUEUE, "key");
        assertThat(fixture.ledger.accept(again, owner))
                .isInstanceOfSatisfying(
                        Accepted.Duplicate.class,
                        duplicate ->
                                assertThat(duplicate.existing().correlationId())
                                        .isEqualTo(first.correlationId()));
    }

    @Test
    void refusesAnotherRequestUnderATakenName() {
        CorrelationId id = LedgerFixture.id();
        Accepted _ =
                fixture.ledger.accept(
                        fixture.named(id, AGENT, Delivery.QUEUE, "key", "one"), owner);
        assertThat(
                        fixture.ledger.accept(
                                fixture.named(id, AGENT, Delivery.QUEUE, null, "two"), owner))
                .isInstanceOf(Accepted.Conflict.class);
        assertThat(
                        fixture.ledger.accept(
                                fixture.named(
                                        LedgerFixture.id(), AGENT, Delivery.QUEUE, "key", "two"),
                                owner))
                .isInstanceOf(Accepted.Conflict.class);
        assertThat(
                        fixture.ledger.accept(
                                fixture.named(id, AgentId.of("gw-2"), Delivery.QUEUE, null, "one"),
                                owner))
                .isInstanceOf(Accepted.Conflict.class);
    }

    @Test
    void forgetsAKeyAfterADay() {
        NewCommand first = fixture.command(AGENT, Delivery.QUEUE, "key");
        Accepted _ = fixture.ledger.accept(first, owner);
        fixture.pass(Duration.ofHours(24).plusSeconds(1));
        NewCommand again = fixture.command(AGENT, Delivery.QUEUE, "key");
        assertThat(fixture.ledger.accept(again, owner)).isNotInstanceOf(Accepted.Duplicate.class);
        assertThat(fixture.column(again.correlationId(), "idempotency_key")).isEqualTo("key");
    }

    @Test
    void makesOneRowOfManySimultaneousRequestsUnderOneKey() throws Exception {
        List<Accepted> answers =
                atOnce(
                        20,
                        () ->
                                fixture.ledger.accept(
                                        fixture.command(AGENT, Delivery.QUEUE, "key"), owner));
        assertThat(answers).filteredOn(Accepted.Claimed.class::isInstance).hasSize(1);
        assertThat(answers).filteredOn(Accepted.Duplicate.class::isInstance).hasSize(19);
        assertThat(fixture.count("select count(*) from agent_commands")).isEqualTo(1);
    }

    @Test
    void makesOneRowOfSimultaneousRequestsForTwoGatewaysUnderOneId() throws Exception {
        CorrelationId id = LedgerFixture.id();
        List<Accepted> answers = new ArrayList<>();
        answers.addAll(
                atOnce(
                        10,
                        () ->
                                fixture.ledger.accept(
                                        fixture.named(
                                                id,
                                                AgentId.of(
                                                        "gw-" + Thread.currentThread().threadId()),
                                                Delivery.QUEUE,
                                                null,
                                                "hash"),
                                        owner)));
        assertThat(answers).filteredOn(Accepted.Claimed.class::isInstance).hasSize(1);
        assertThat(answers).filteredOn(Accepted.Conflict.class::isInstance).hasSize(9);
    }

    @Test
    void keepsTheBoundWhenManyAskAtOnce() throws Exception {
        List<Accepted> answers = atOnce(30, () -> fixture.ledger.accept(fixture.command(), owner));
        assertThat(answers)
                .filteredOn(Accepted.Claimed.class::isInstance)
                .hasSize(fixture.limits.maxInflight());
        assertThat(answers)
                .filteredOn(Accepted.Waiting.class::isInstance)
                .hasSize(30 - fixture.limits.maxInflight());
    }

    @Test
    void takesBackWhatWasCertainlyNotWritten() {
        CorrelationId queued = fixture.sent(owner);
        fixture.ledger.unsent(AGENT, queued);
        assertThat(fixture.released(queued)).isEqualTo(1);
        assertThat(fixture.state(queued)).isEqualTo(CommandState.QUEUED);
        assertThat(fixture.next(owner)).hasSize(1);
        assertThat(fixture.attempt(queued)).isEqualTo(2);

        NewCommand now = fixture.command(AGENT, Delivery.IMMEDIATE, null);
        CorrelationId immediate = fixture.sent(now, owner);
        fixture.ledger.unsent(AGENT, immediate);
        assertThat(fixture.state(immediate)).isEqualTo(CommandState.REJECTED);
        assertThat(fixture.column(immediate, "reason")).isEqualTo("offline");
    }

    private static <T> List<T> atOnce(int times, Callable<T> call) throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(10)) {
            List<T> answers = new ArrayList<>();
            for (Future<T> answer : threads.invokeAll(java.util.Collections.nCopies(times, call))) {
                answers.add(answer.get());
            }
            return answers;
        }
    }

    @Test
    void givesEachOfManyGatewaysWhatItAloneWouldGet() {
        LedgerFixture small = new LedgerFixture(LedgerLimits.standard().withQueueMax(1));
        AgentId held = AgentId.of("many-held");
        AgentId waits = AgentId.of("many-waits");
        AgentId full = AgentId.of("many-full");
        NewCommand before = small.command(full, Delivery.QUEUE, null);
        assertThat(small.ledger.accept(before, null)).isInstanceOf(Accepted.Waiting.class);
        List<NewCommand> commands =
                Stream.of(held, waits, full)
                        .map(agent -> small.command(agent, Delivery.QUEUE, null))
                        .toList();
        Map<AgentId, Accepted> answers = small.ledger.acceptAll(commands, Map.of(held, owner));
        assertThat(answers.get(held))
                .isInstanceOfSatisfying(
                        Accepted.Claimed.class,
                        claimed ->
                                assertThat(claimed.record().payload())
                                        .isEqualTo(commands.getFirst().payload()));
        assertThat(answers.get(waits)).isEqualTo(new Accepted.Waiting());
        assertThat(answers.get(full)).isEqualTo(new Accepted.QueueFull(1));
        assertThat(small.ledger.refusals(List.of(waits, full), Delivery.QUEUE, Map.of()))
                .as("one more of each")
                .containsOnlyKeys(waits, full);
        assertThat(small.ledger.acceptAll(commands.subList(0, 1), Map.of()).get(held))
                .as("the same again")
                .isInstanceOf(Accepted.Duplicate.class);
        assertThatThrownBy(() ->
                        small.ledger.acceptAll(
                                List.of(before, small.command(full, Delivery.QUEUE, null)),
                                Map.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
