package io.viworks.admin.command;

import io.viworks.ledger.NewCommand;
import io.viworks.service.trace.TracedLine;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where a command's way through the logs begins. */
final class AcceptedLine {
    private static final Logger log = LoggerFactory.getLogger(AcceptedLine.class);

    private AcceptedLine() {}

    /** Logs a command that is in the ledger now. */
    static void of(NewCommand command, boolean sent) {
        TracedLine.in(command.traceparent(), log.atInfo())
                .addKeyValue("event", "command_accepted")
                .addKeyValue("agent_id", command.agentId())
                .addKeyValue("correlation_id", command.correlationId())
                .log("{} of {}, {}", command.verb(), command.issuedBy(), sent ? "sent" : "waiting");
    }
}
