package io.viworks.agent.helper.server;

import io.viworks.agent.process.ProcessRunner;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/** The helper from its start to its signal: {@code agent helper}. */
public final class HelperDaemon {
    /** Where its file is unless it is told otherwise. */
    public static final Path CONFIG = Path.of("/etc/viworks/helper.toml");

    private static final int OK = 0;
    private static final int FAILED = 1;

    private HelperDaemon() {}

    /** What is wrong with a configuration file; empty when it would be used as it is. */
    public static List<String> mistakes(Path file) {
        try {
            HelperConfig _ = HelperConfigReader.read(file);
            return List.of();
        } catch (HelperConfigReader.Mistakes e) {
            return e.mistakes();
        }
    }

    /**
     * Runs until SIGTERM or SIGINT, or until it has been idle for long enough; gives the exit code.
     * The file must have no mistakes.
     */
    public static int untilStopped(Path file, String version, PrintStream out) {
        try {
            return untilStopped(HelperConfigReader.read(file), version, out);
        } catch (HelperConfigReader.Mistakes e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static int untilStopped(HelperConfig config, String version, PrintStream out) {
        InstantSource clock = InstantSource.system();
        Audit audit = new Audit(out, clock, config.agentId(), System::nanoTime);
        ProcessRunner runner = ProcessRunner.create();
        try (Memory memory = Memory.open(config.stateDir(), Instant.now())) {
            Gate gate = new Gate(config, new Signers(config.verifyKeys()), memory, clock);
            HelperServer server = new HelperServer(config, gate, memory, audit, runner);
            server.recover();
            // not closed: closing one that was handed over would close the standard streams
            ListeningSocket socket = ListeningSocket.open(config.socket(), config.socketGroup());
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server, audit), "stop"));
            audit.say(
                    "INFO",
                    "helper_started",
                    "helper %s listens; it runs %s, %s"
                            .formatted(
                                    version,
                                    String.join(
                                            ", ",
                                            config.table().keySet().stream().sorted().toList()),
                                    config.verifyKeys().isEmpty()
                                            ? "signed or not"
                                            : "if an admin signed for it"));
            server.serve(socket.channel(), socket.handedOver() ? config.idleExit() : Duration.ZERO);
            audit.say("INFO", "helper_idle", "nobody asks; the next connection starts it again");
            return OK;
        } catch (IOException e) {
            audit.say("ERROR", "helper_failed", "the helper cannot go on: " + e.getMessage());
            return FAILED;
        }
    }

    /** A signal is how it is asked to end: it ends with 0, not with the signal's number. */
    private static void stop(HelperServer server, Audit audit) {
        server.close();
        audit.say("INFO", "helper_stopped", "the helper has stopped");
        Runtime.getRuntime().halt(OK);
    }
}
