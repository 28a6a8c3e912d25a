package io.viworks.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.viworks.backplane.stream.BatchHandler;
import io.viworks.backplane.stream.Entry;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.frame.AgentFrame;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.ErrorFrameCode;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.telemetry.GatewayEvents.Settled;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/**
 * Brings a batch of {@code viw.agent_hello} into sessions, inventory and bridges, in one
 * transaction with one statement per table. Every statement moves only forward in {@code (epoch,
 * n)} or time, so a record read again changes nothing. Thread-safe.
 */
final class HelloBatch implements BatchHandler<StreamRecord.OfHello> {
    private final Sql sql;
    private final FrameCodec codec;
    private final Bridges bridges;
    private final Sessions sessions;
    private final Inventory inventory;
    private final Connectedness connectedness;
    private final GatewayEvents events;
    private final Counter written;
    private final Counter duplicate;
    private final Timer duration;

    HelloBatch(
            Sql sql,
            FrameCodec codec,
            Connectedness connectedness,
            GatewayEvents events,
            MeterRegistry meters) {
        this.sql = sql;
        this.codec = codec;
        this.bridges = new Bridges(sql);
        this.sessions = new Sessions(sql);
        this.inventory = new Inventory(sql);
        this.connectedness = connectedness;
        this.events = events;
        this.written = Outcomes.counter(meters, "agent_hello", "written");
        this.duplicate = Outcomes.counter(meters, "agent_hello", "duplicate");
        this.duration = meters.timer("viw.telemetry.batch.duration", "stream", "agent_hello");
    }

    /** A HELLO with its frame read. */
    record Greeting(StreamRecord.Hello record, AgentFrame.Hello frame) {
        String agent() {
            return record.agentId().value();
        }

        Mark mark() {
            return new Mark(record.origin().epoch(), record.origin().n());
        }
    }

    /** A REFUSED with its place in the stream, which tells it from one read again. */
    record Refusal(String id, StreamRecord.Refused record) {}

    /** What a batch has done. */
    private record Done(int effective, List<Settled> settled, List<String> clones) {}

    @Override
    public void handle(List<Entry<StreamRecord.OfHello>> batch) throws BadFrame {
        List<Greeting> greetings = new ArrayList<>();
        List<StreamRecord.Gone> ends = new ArrayList<>();
        List<Refusal> refusals = new ArrayList<>();
        for (Entry<StreamRecord.OfHello> entry : batch) {
            switch (entry.record()) {
                case StreamRecord.Hello hello -> greetings.add(greeting(hello));
                case StreamRecord.Gone gone -> ends.add(gone);
                case StreamRecord.Seen _ -> {} // only the sign of life that all of them are
                case StreamRecord.Refused refused -> refusals.add(new Refusal(entry.id(), refused));
            }
        }
        greetings.sort(Comparator.comparing(Greeting::agent).thenComparing(Greeting::mark));
        TreeSet<String> agents = new TreeSet<>();
        greetings.forEach(greeting -> agents.add(greeting.agent()));
        ends.forEach(end -> agents.add(end.agentId().value()));

        Done done =
                duration.record(() ->
                        sql.transaction(() -> {
                            int moved = bridges.seen(batch);
                            moved += inventory.greet(greetings);
                            sessions.open(greetings);
                            List<String> clones = sessions.suspectClones(greetings);
                            moved += sessions.end(ends);
                            moved += inventory.refuse(refusals);
                            return new Done(
                                    moved, connectedness.settle(List.copyOf(agents)), clones);
                        }));
        written.increment(done.effective());
        duplicate.increment(Math.max(0, batch.size() - done.effective()));
        events.tell(done.settled(), done.clones());
    }

    private Greeting greeting(StreamRecord.Hello record) throws BadFrame {
        AgentFrame frame = codec.decodeAgent(record.frame().array(), record.ts());
        if (frame instanceof AgentFrame.Hello hello) {
            return new Greeting(record, hello);
        }
        throw new BadFrame(
                ErrorFrameCode.BAD_FRAME, "a HELLO record holds a " + frame.type() + " frame");
    }
}
