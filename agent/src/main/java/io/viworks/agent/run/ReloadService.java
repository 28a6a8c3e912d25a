package io.viworks.agent.run;

import io.viworks.agent.host.Systemd;
import io.viworks.agent.host.UnitState;
import io.viworks.agent.process.ProgramEnd;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import tools.jackson.databind.node.JsonNodeFactory;

/** Has systemd make one unit read its configuration again. */
final class ReloadService implements Action {
    private final Supplier<Optional<Systemd>> systemd;

    /** Looked for each time: it may be there later. */
    ReloadService(Supplier<Optional<Systemd>> systemd) {
        this.systemd = systemd;
    }

    @Override
    public Answer run(Task task) throws IOException, Stopped {
        Systemd manager = systemd.get().orElseThrow(() -> new IOException(Systemd.MISSING));
        String unit = task.args().required("unit").stringValue();
        if (!state(manager, unit, task).known()) {
            throw new IOException("systemd has no such unit on this gateway");
        }
        ProgramEnd end = task.run(manager.reload(unit, task.timeout(), task.id()));
        if (end.rc() != 0) {
            return refused(end);
        }
        String active = state(manager, unit, task).active();
        return Answer.of(end, JsonNodeFactory.instance.objectNode().put("active", active));
    }

    private static UnitState state(Systemd manager, String unit, Task task)
            throws IOException, Stopped {
        List<String> units = List.of(unit);
        ProgramEnd end = task.run(manager.question(units, task.timeout(), task.id()));
        return Systemd.answer(units, end).values().iterator().next();
    }

    /** An agent that is not root may not, unless somebody has seen to it. */
    private static Answer refused(ProgramEnd end) {
        String said = end.stderr();
        String missing =
                said.contains("authentication required") || said.contains("Access denied")
                        ? "this agent's user may not: let polkit allow it, or run this verb through"
                                + " the host helper\n"
                        : "";
        return new Answer(end.rc(), end.stdout(), said + missing, null, end.truncated());
    }
}
