package io.viworks.agent.host;

import io.viworks.agent.process.ProcessRunner;
import io.viworks.agent.process.Program;
import io.viworks.agent.process.ProgramEnd;
import io.viworks.agent.process.ProgramEnd.Cause;
import io.viworks.protocol.CorrelationId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The service manager of this machine, asked through {@code systemctl}. Thread-safe. */
public final class Systemd {
    /** There exactly while systemd runs as the service manager (sd_booted(3)). */
    private static final Path BOOTED = Path.of("/run/systemd/system");

    private static final List<Path> SYSTEMCTL =
            List.of(Path.of("/usr/bin/systemctl"), Path.of("/bin/systemctl"));

    /** What is said where systemd does not run. */
    public static final String MISSING =
            "systemd does not run here, so there are no units: run the agent on the host, or mount"
                    + " the host's /run/systemd and /run/dbus into its container";

    private final Path systemctl;
    private final ProcessRunner runner;

    private Systemd(Path systemctl, ProcessRunner runner) {
        this.systemctl = systemctl;
        this.runner = runner;
    }

    /** The service manager, if systemd is the one that runs here. */
    public static Optional<Systemd> find(ProcessRunner runner) {
        return find(BOOTED, SYSTEMCTL, runner);
    }

    /**
     * The same with other paths.
     *
     * @param booted a folder that is there exactly while systemd runs
     */
    public static Optional<Systemd> find(Path booted, List<Path> systemctl, ProcessRunner runner) {
        return Files.isDirectory(booted)
                ? systemctl.stream()
                        .filter(Files::isExecutable)
                        .map(path -> new Systemd(path, runner))
                        .findFirst()
                : Optional.empty();
    }

    /**
     * Asks for units at once, as a measurement of the agent's own.
     *
     * @throws IOException when systemd does not answer, in time, as it should
     * @throws InterruptedException when the thread was interrupted; systemctl is gone then
     */
    Map<String, UnitState> states(List<String> units, Duration timeout)
            throws IOException, InterruptedException {
        return answer(units, ask(question(units, timeout, null)));
    }

    /**
     * The services that are active or have failed, these first, with their states.
     *
     * @param most how many of them
     * @throws IOException when systemd does not answer, in time, as it should
     * @throws InterruptedException when the thread was interrupted; systemctl is gone then
     */
    Map<String, String> services(int most, Duration timeout)
            throws IOException, InterruptedException {
        List<String> arguments =
                List.of(
                        "list-units",
                        "--type=service",
                        "--state=failed,active,activating,deactivating,reloading",
                        "--plain",
                        "--full",
                        "--no-legend",
                        "--no-pager");
        ProgramEnd end = ask(new Program(systemctl, arguments, Map.of(), timeout, null));
        if (end.rc() != 0) {
            throw failed(end);
        }
        // unit, load, active, sub, description
        List<String[]> lines =
                end.stdout()
                        .lines()
                        .map(line -> line.strip().split(" +", 4))
                        .filter(columns -> columns.length == 4)
                        .sorted(Comparator.comparing(columns -> !columns[2].equals("failed")))
                        .limit(most)
                        .toList();
        Map<String, String> services = new LinkedHashMap<>();
        lines.forEach(columns -> services.put(columns[0], columns[2]));
        return services;
    }

    private ProgramEnd ask(Program program) throws IOException, InterruptedException {
        ProgramEnd end = runner.run(program);
        if (end.cause() == Cause.INTERRUPTED) {
            Thread.interrupted();
            throw new InterruptedException("asking systemd");
        }
        if (end.cause() == Cause.TIMED_OUT) {
            throw new IOException(
                    "systemd did not answer within " + program.timeout().toMillis() + " ms");
        }
        return end;
    }

    /**
     * The program that asks for units.
     *
     * @param units exact names, each of the form the verbs' schemas ask for; at least one
     * @param run whose processes they are; null for the agent's own measurements
     */
    public Program question(List<String> units, Duration timeout, @Nullable CorrelationId run) {
        List<String> arguments = new ArrayList<>();
        arguments.addAll(List.of("show", "--no-pager"));
        arguments.add("--property=" + String.join(",", UnitState.PROPERTIES));
        arguments.add("--"); // no unit can become an option
        arguments.addAll(units);
        return new Program(systemctl, arguments, Map.of(), timeout, run);
    }

    /** The program that makes a unit read its configuration again; it waits until that is done. */
    public Program reload(String unit, Duration timeout, @Nullable CorrelationId run) {
        List<String> arguments = List.of("reload", "--no-ask-password", "--no-pager", "--", unit);
        return new Program(systemctl, arguments, Map.of(), timeout, run);
    }

    /**
     * What that program said of the same units.
     *
     * @throws IOException when systemd gave no answer; in its own words
     */
    public static Map<String, UnitState> answer(List<String> units, ProgramEnd end)
            throws IOException {
        List<UnitState> states = UnitState.parse(end.stdout());
        if (end.rc() != 0 || states.size() != units.size()) {
            throw failed(end);
        }
        Map<String, UnitState> named = new LinkedHashMap<>();
        for (int i = 0; i < units.size(); i++) {
            named.put(units.get(i), states.get(i));
        }
        return named;
    }

    private static IOException failed(ProgramEnd end) {
        return new IOException("systemctl ended with " + end.rc() + ": " + end.stderr().strip());
    }
}
