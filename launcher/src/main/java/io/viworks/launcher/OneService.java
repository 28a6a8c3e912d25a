package io.viworks.launcher;

import io.viworks.embedded.ChildProcesses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code ./viw service NAME}: one more process of a kind in the foreground, against the stack that
 * {@code ./viw up} runs, or against what {@code VIW_*} names when none runs. What the caller's
 * environment says wins.
 */
final class OneService {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    static final List<String> KINDS =
            List.of("agent-bridge", "telemetry-writer", "results-writer", "admin-api", "agent");

    private final Console console;
    private final Programs programs;
    private final Path folder;

    OneService(Console console, Programs programs, Path folder) {
        this.console = console;
        this.programs = programs;
        this.folder = folder;
    }

    int run(List<String> args, Map<String, String> callers) {
        if (args.size() != 1 || !KINDS.contains(args.getFirst())) {
            console.plain("usage: ./viw service " + String.join("|", KINDS));
            return Launcher.MISUNDERSTOOD;
        }
        String kind = args.getFirst();
        try {
            ProcessBuilder builder = new ProcessBuilder(programs.of(kind)).inheritIO();
            Map<String, String> environment = environment(kind);
            environment.putAll(callers);
            builder.environment().putAll(environment);
            return attended(ChildProcesses.start(builder));
        } catch (IOException | IllegalStateException e) {
            console.plain("could not start " + kind + ": " + e);
            return Launcher.FAILED;
        }
    }

    /** What the running stack tells its own of this kind, on ports and names that are free. */
    private Map<String, String> environment(String kind) throws IOException {
        Path file = folder.resolve("run").resolve(kind + ".json");
        if (!Files.exists(folder.resolve("run.json")) || !Files.exists(file)) {
            console.plain("no ./viw up runs on " + folder + ": configured by VIW_* alone");
            return new LinkedHashMap<>();
        }
        Map<String, String> environment = new LinkedHashMap<>();
        JSON.readTree(file)
                .properties()
                .forEach(entry -> environment.put(entry.getKey(), entry.getValue().asString()));
        Ports ports = new Ports();
        environment.replaceAll(
                (name, value) -> name.endsWith("_BIND") ? another(ports, value) : value);
        if (kind.equals("agent")) {
            String name = "gateway-" + ProcessHandle.current().pid();
            environment.put("VIW_AGENT_AGENT_ID", name);
            environment.put(
                    "VIW_AGENT_DATA_DIR",
                    Files.createDirectories(folder.resolve("agents").resolve(name)).toString());
        }
        environment.forEach((name, value) -> {
            if (name.endsWith("_BIND") || name.endsWith("_ID")) {
                console.plain(name + "=" + value);
            }
        });
        return environment;
    }

    /** An address like this one with a port that is free. */
    private static String another(Ports ports, String address) {
        int colon = address.lastIndexOf(':') + 1;
        int port = Integer.parseInt(address.substring(colon));
        return address.substring(0, colon) + ports.like(port);
    }

    /** Passes the end on: to the child when this one is told to stop, and its exit code back. */
    private static int attended(Process process) {
        try (StopSignal signal = StopSignal.interrupting(Thread.currentThread())) {
            int exit = Launcher.OK;
            try {
                exit = process.waitFor();
            } catch (InterruptedException e) {
                signal.shieldedFrom(() -> {
                    process.destroy();
                    process.onExit().join();
                });
            }
            return exit;
        }
    }
}
