package io.viworks.results;

import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.backplane.Keys;
import io.viworks.backplane.WorldAway;
import io.viworks.backplane.delivery.StreamTime;
import io.viworks.backplane.ownership.Owner;
import io.viworks.backplane.ownership.Owners;
import io.viworks.backplane.stream.StreamTrim;
import io.viworks.ledger.Deadlines;
import io.viworks.ledger.Dispatch;
import io.viworks.ledger.Moved;
import io.viworks.protocol.AgentId;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done by the clock (spec 3.4, 3.5): sends what is due, ends what became too late, and
 * trims what has been read. Any number of processes may do it at the same time. For one thread.
 */
final class Sweep {
    /** Gateways looked at in one go. */
    private static final int MOST = 5_000;

    private static final Logger log = LoggerFactory.getLogger(Sweep.class);

    private final Dispatch dispatch;
    private final Deadlines deadlines;
    private final Sender sender;
    private final Owners owners;
    private final StreamTime streamTime;
    private final StreamTrim trim;
    private final MoveEvents moveEvents;
    private final MeterRegistry meters;

    /** Owners as they were seen, and when by Redis's clock: judged when the stream is that far. */
    private record Sighting(Map<AgentId, Owner> owners, Instant at) {}

    private Sighting sighting = new Sighting(Map.of(), Instant.MAX);

    Sweep(
            Dispatch dispatch,
            Deadlines deadlines,
            Sender sender,
            Owners owners,
            StreamTime streamTime,
            StreamTrim trim,
            MoveEvents moveEvents,
            MeterRegistry meters) {
        this.dispatch = dispatch;
        this.deadlines = deadlines;
        this.sender = sender;
        this.owners = owners;
        this.streamTime = streamTime;
        this.trim = trim;
        this.moveEvents = moveEvents;
        this.meters = meters;
    }

    /**
     * Looks once.
     *
     * @throws WorldAway when Redis or Postgres is away
     */
    void look() {
        try {
            end(deadlines::endIdle);
            Instant handled = World.redis(streamTime.handledUpTo());
            end(() -> deadlines.giveUp(handled));
            replaced(handled);
            int _ = sender.serve(World.database(() -> dispatch.waiting(MOST)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Judges the owners seen last time, if everything they can have said before is read by now;
     * then looks at them anew.
     */
    private void replaced(Instant handled) throws InterruptedException {
        if (handled.isAfter(sighting.at())) {
            Map<AgentId, Owner> seen = sighting.owners();
            sighting = new Sighting(Map.of(), Instant.MAX);
            end(() -> deadlines.endReplaced(seen));
        }
        if (sighting.at().equals(Instant.MAX)) {
            List<AgentId> out = World.database(deadlines::withCopiesOut);
            if (!out.isEmpty()) {
                Map<AgentId, Owner> found = World.redis(owners.find(out));
                sighting = new Sighting(found, World.redis(streamTime.now()));
            }
        }
    }

    private void end(Supplier<List<Moved>> look) throws InterruptedException {
        Set<AgentId> freed = new LinkedHashSet<>();
        List<Moved> ended;
        do {
            ended = World.database(look::get);
            moveEvents.tell(ended);
            for (Moved moved : ended) {
                freed.add(moved.agentId());
                Ends.count(moved, meters);
                log.atInfo()
                        .addKeyValue("event", "command_ended")
                        .addKeyValue("agent_id", moved.agentId())
                        .addKeyValue("correlation_id", moved.correlationId())
                        .log("{} {}", moved.verb(), moved.state());
            }
        } while (ended.size() >= Deadlines.MOST);
        int _ = sender.serve(freed);
    }

    /** Trims the streams of commands and results behind their readers. */
    void trim() {
        try {
            long _ =
                    World.redis(
                            trim.trim(Keys.COMMAND_RESULTS, List.of(Keys.GROUP_RESULTS_WRITER)));
            long _ = World.redis(trim.trim(Keys.COMMANDS, List.of(Keys.GROUP_AGENT_BRIDGE)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
