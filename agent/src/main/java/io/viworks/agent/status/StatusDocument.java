package io.viworks.agent.status;

import io.viworks.agent.config.AgentConfig;
import io.viworks.agent.connection.Agent;
import io.viworks.agent.helper.client.HelperDoor;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.Rfc3339;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Writes what a running agent is and thinks, as one JSON object. Thread-safe. */
public final class StatusDocument {
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final AgentConfig config;
    private final String version;
    private final InstanceUid instance;
    private final Agent agent;
    private final long startedNanos = System.nanoTime();

    public StatusDocument(AgentConfig config, String version, InstanceUid instance, Agent agent) {
        this.config = config;
        this.version = version;
        this.instance = instance;
        this.agent = agent;
    }

    /** As it is now; {@code problem} when the agent itself does not answer. */
    ObjectNode write() {
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        Duration up = Duration.ofNanos(System.nanoTime() - startedNanos);
        Instant now = Instant.now();
        document.put("agent_id", config.agentId().value());
        document.put("version", version);
        document.put("instance_uid", instance.toString());
        document.put("pid", ProcessHandle.current().pid());
        document.put("now", Rfc3339.format(now));
        document.put("started_at", Rfc3339.format(now.minus(up)));
        document.put("uptime_s", up.toSeconds());
        try {
            document.setAll(agent.status(PATIENCE));
        } catch (IOException e) {
            document.put("problem", String.valueOf(e.getMessage()));
        }
        helper(document);
        process(document);
        return document;
    }

    private void helper(ObjectNode document) {
        Path socket = config.helperSocket();
        if (socket != null) {
            String problem = HelperDoor.problem(socket);
            document.putObject("helper")
                    .put("socket", socket.toString())
                    .put("reachable", problem == null)
                    .put("problem", problem);
        }
    }

    private static void process(ObjectNode document) {
        try {
            ProcessFigures figures = ProcessFigures.ofThisProcess();
            document.putObject("process")
                    .put("resident_bytes", figures.residentBytes())
                    .put("threads", figures.threads())
                    .put("descriptors", figures.descriptors());
        } catch (IOException e) {
            document.putObject("process").put("problem", String.valueOf(e.getMessage()));
        }
    }
}
