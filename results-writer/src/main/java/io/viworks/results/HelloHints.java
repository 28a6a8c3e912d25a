package io.viworks.results;

import io.viworks.backplane.WorldAway;
import io.viworks.backplane.stream.BatchHandler;
import io.viworks.backplane.stream.Entry;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.ledger.Dispatch;
import io.viworks.protocol.AgentId;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at gateways at once when a session of theirs begins. A hint only (spec 3.4): whatever is
 * missed here the sweep finds. Thread-safe.
 */
final class HelloHints implements BatchHandler<StreamRecord.OfHello> {
    private static final Logger log = LoggerFactory.getLogger(HelloHints.class);

    private final Dispatch dispatch;
    private final Sender sender;

    HelloHints(Dispatch dispatch, Sender sender) {
        this.dispatch = dispatch;
        this.sender = sender;
    }

    @Override
    public void handle(List<Entry<StreamRecord.OfHello>> batch) throws InterruptedException {
        Set<AgentId> greeted = new LinkedHashSet<>();
        for (Entry<StreamRecord.OfHello> entry : batch) {
            if (entry.record() instanceof StreamRecord.Hello hello) {
                greeted.add(hello.agentId());
            }
        }
        if (greeted.isEmpty()) {
            return;
        }
        try {
            World.database(() -> {
                dispatch.hasten(greeted);
                return true;
            });
            int _ = sender.serve(greeted);
        } catch (WorldAway away) {
            log.atDebug()
                    .addKeyValue("event", "send_later")
                    .addKeyValue("error", away.getMessage())
                    .log("the sweep sends what is next");
        }
    }
}
