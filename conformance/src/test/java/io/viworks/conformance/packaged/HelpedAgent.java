package io.viworks.conformance.packaged;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A packaged agent whose work for root a packaged helper does, both started by hand. */
final class HelpedAgent implements AutoCloseable {
    private static final Duration START = RunningStack.PATIENCE;

    private final String agentId;
    private final Run helper;
    private final Run agent;

    private HelpedAgent(String agentId, Run helper, Run agent) {
        this.agentId = agentId;
        this.helper = helper;
        this.agent = agent;
    }

    /** Starts both; {@code delete_panel_user} is what the helper does. */
    static HelpedAgent start(RunningStack stack, String agentId, Path parent) throws Exception {
        Path folder =
                Files.createTempDirectory(
                        parent,
                        "helped",
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rwx------")));
        Path socket = folder.resolve("helper.sock");
        Path secret = file(folder, "helper.secret", "a secret of these two\n", "r--r-----");
        Path program = file(folder, "delete", "#!/bin/sh\necho \"deleted $1\"\n", "rwxr-xr-x");
        Path table =
                file(
                        folder,
                        "helper.toml",
                        """
                        [helper]
                        agent_id = "%s"
                        socket = "%s"
                        secret_file = "%s"
                        state_dir = "%s"
                        allowed_users = ["%s"]

                        [verbs.delete_panel_user]
                        argv = ["%s", "{username}"]
                        """
                                .formatted(
                                        agentId,
                                        socket,
                                        secret,
                                        folder.resolve("state"),
                                        System.getProperty("user.name"),
                                        program),
                        "rw-r--r--");
        Run helper =
                Run.of(
                        Jars.agent(),
                        List.of("helper", "--config", table.toString()),
                        Map.of(),
                        folder);
        try {
            await().atMost(START).until(() -> helper.output().contains("helper_started"));
            Path shared = file(folder, "shared", stack.told("shared_secret"), "r--------");
            Run agent =
                    Run.of(
                            Jars.agent(),
                            List.of("run"),
                            Map.of(
                                    "VIW_AGENT_AGENT_ID", agentId,
                                    "VIW_AGENT_BACKEND_URL", stack.told("bridge_ws"),
                                    "VIW_AGENT_SHARED_SECRET_FILE", shared.toString(),
                                    "VIW_AGENT_DATA_DIR", folder.resolve("data").toString(),
                                    "VIW_AGENT_HELPER_SOCKET", socket.toString(),
                                    "VIW_AGENT_HELPER_SECRET_FILE", secret.toString(),
                                    "VIW_AGENT_HELPER_VERBS", "delete_panel_user"),
                            folder);
            return new HelpedAgent(agentId, helper, agent);
        } catch (Throwable e) {
            helper.close();
            throw e;
        }
    }

    private static Path file(Path folder, String name, String text, String mode)
            throws IOException {
        Path file = Files.writeString(folder.resolve(name), text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }

    void awaitConnected(RunningStack stack) {
        await().atMost(START)
                .ignoreExceptions()
                .until(() ->
                        stack.get("/gateways/" + agentId)
                                .path("status")
                                .asString()
                                .equals("connected"));
    }

    String agentOutput() {
        return agent.output();
    }

    String helperOutput() {
        return helper.output();
    }

    @Override
    public void close() {
        try (helper) {
            agent.close();
        }
    }
}
