package io.viworks.agent.run;

import io.viworks.agent.host.Systemd;
import io.viworks.agent.host.UnitState;
import io.viworks.agent.process.ProgramEnd;
import io.viworks.protocol.Rfc3339;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Asks systemd for one unit. */
final class ServiceStatus implements Action {
    private final Supplier<Optional<Systemd>> systemd;

    /** Looked for each time: it may be there later. */
    ServiceStatus(Supplier<Optional<Systemd>> systemd) {
        this.systemd = systemd;
    }

    @Override
    public Answer run(Task task) throws IOException, Stopped {
        Systemd manager = systemd.get().orElseThrow(() -> new IOException(Systemd.MISSING));
        List<String> units = List.of(task.args().required("unit").stringValue());
        ProgramEnd end = task.run(manager.question(units, task.timeout(), task.id()));
        UnitState state = Systemd.answer(units, end).values().iterator().next();
        if (!state.known()) {
            throw new IOException("systemd has no such unit on this gateway");
        }
        ObjectNode data =
                JsonNodeFactory.instance
                        .objectNode()
                        .put("active", state.active())
                        .put("sub", state.sub());
        if (state.since() != null) {
            data.put("since", Rfc3339.format(state.since()));
        }
        if (state.mainPid() != null) {
            data.put("main_pid", state.mainPid());
        }
        return Answer.of(end, data);
    }
}
