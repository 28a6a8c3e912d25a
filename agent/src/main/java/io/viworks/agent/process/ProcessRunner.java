package io.viworks.agent.process;

import static io.viworks.protocol.frame.AgentFrame.OutputStreamName.STDERR;
import static io.viworks.protocol.frame.AgentFrame.OutputStreamName.STDOUT;

import io.viworks.agent.process.ProgramEnd.Cause;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.Limits;
import io.viworks.protocol.frame.AgentFrame.OutputStreamName;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Runs programs so that none outlives its run (spec 6): each in a session of its own through {@code
 * setsid}, nicer than the agent, its processes marked in their environment, with a clean
 * environment, the root folder as theirs, no input but what they are given, and bounded output.
 * When it exits, runs too long or is interrupted, all processes of its tree are killed; what should
 * stay is a service manager's to start. Thread-safe.
 */
public final class ProcessRunner {
    private static final List<Path> SETSID_PATHS =
            List.of(Path.of("/usr/bin/setsid"), Path.of("/bin/setsid"));

    private static final List<Path> NICE_PATHS =
            List.of(Path.of("/usr/bin/nice"), Path.of("/bin/nice"));

    /** How much programs step back behind the agent, which must be heard while they run. */
    static final int NICENESS = 5;

    private static final Map<String, String> ENVIRONMENT =
            Map.of(
                    "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                    "LC_ALL", "C.UTF-8",
                    "TZ", "UTC");

    /** How long output may still be read after the last process is gone. */
    private static final Duration DRAIN = Duration.ofSeconds(2);

    /** What a shell says of a program ended by KILL. */
    private static final int KILLED = 128 + 9;

    private final Optional<Path> setsid;
    private final Optional<Path> nice = first(NICE_PATHS);
    private final ProcessTable table = new ProcessTable(Path.of("/proc"));

    private ProcessRunner(Optional<Path> setsid) {
        this.setsid = setsid;
    }

    /** A runner for this machine. Without {@code setsid} it finds a run's processes by mark. */
    public static ProcessRunner create() {
        return with(SETSID_PATHS);
    }

    static ProcessRunner with(List<Path> setsidPaths) {
        return new ProcessRunner(first(setsidPaths));
    }

    private static Optional<Path> first(List<Path> programs) {
        return programs.stream().filter(Files::isExecutable).findFirst();
    }

    /** The {@code setsid} that is used; empty means sessions of their own are not to be had. */
    public Optional<Path> setsid() {
        return setsid;
    }

    /** Runs a program without secrets; nobody watches. */
    public ProgramEnd run(Program program) throws IOException {
        return run(program, Secrets.none(), (_, _) -> {});
    }

    /**
     * Runs a program and waits for its end. An interrupt ends the program, and stays set.
     *
     * @param live told of output as it comes, masked, as far as it is kept
     * @throws IOException when it cannot be started; the message says why
     */
    public ProgramEnd run(
            Program program, Secrets secrets, BiConsumer<OutputStreamName, String> live)
            throws IOException {
        return run(
                program,
                new Capture(Limits.MAX_OUTPUT_BYTES, secrets, live(STDOUT, live)),
                new Capture(Limits.MAX_OUTPUT_BYTES, secrets, live(STDERR, live)));
    }

    /**
     * Runs a program for the beginning of what it says, without secrets; once that has come its
     * standard output is closed, and it is as it may whether it ends of that or goes on.
     *
     * @param bytes how much of the standard output is wanted, as encoded in JSON
     */
    public ProgramEnd head(Program program, int bytes) throws IOException {
        return run(
                program,
                new Capture(bytes, Secrets.none(), _ -> {}, true),
                new Capture(Limits.MAX_OUTPUT_BYTES, Secrets.none(), _ -> {}));
    }

    private ProgramEnd run(Program program, Capture stdout, Capture stderr) throws IOException {
        Process process = start(program);
        AtomicBoolean over = new AtomicBoolean();
        List<Thread> readers =
                List.of(
                        reader(process.getInputStream(), stdout, over),
                        reader(process.getErrorStream(), stderr, over));
        if (program.input().length() > 0) {
            write(process.getOutputStream(), program.input());
        }
        Cause cause = await(process, program.timeout());
        try {
            ProcessTree tree = new ProcessTree(table, program.run(), process.pid());
            int left = tree.end().size();
            over.set(true);
            boolean interrupted = settle(process, readers);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            int rc = process.isAlive() ? KILLED : process.exitValue();
            String out = stdout.text();
            String err = stderr.text();
            boolean truncated = stdout.truncated() || stderr.truncated();
            return new ProgramEnd(cause, rc, out, err, truncated, left);
        } finally {
            over.set(true);
            process.destroyForcibly();
            if (cause == Cause.INTERRUPTED) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Ends every process that carries this run's mark, with what descends from them: what an
     * earlier life of the agent left. Interrupts do not stop it; they are kept for later.
     *
     * @return how many are still there; normally 0
     */
    public int endAll(CorrelationId run) {
        return new ProcessTree(table, run, 0).end().size();
    }

    private Process start(Program program) throws IOException {
        Path executable = program.executable();
        if (!Files.isRegularFile(executable) || !Files.isExecutable(executable)) {
            throw new IOException("there is no program " + executable + " that may be run");
        }
        List<String> command = new ArrayList<>();
        setsid.ifPresent(path -> command.add(path.toString()));
        nice.ifPresent(
                path -> command.addAll(List.of(path.toString(), "-n", String.valueOf(NICENESS))));
        command.add(executable.toString());
        command.addAll(program.arguments());
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.directory(new File("/"));
        if (program.input().length() == 0) {
            builder.redirectInput(new File("/dev/null"));
        }
        Map<String, String> environment = builder.environment();
        environment.clear();
        environment.putAll(ENVIRONMENT);
        environment.putAll(program.environment());
        if (program.run() != null) {
            environment.put(ProcessTree.MARK, program.run().toString());
        }
        return builder.start();
    }

    private static Cause await(Process process, Duration timeout) {
        try {
            boolean exited = process.waitFor(timeout.toNanos(), TimeUnit.NANOSECONDS);
            return exited ? Cause.EXITED : Cause.TIMED_OUT;
        } catch (InterruptedException _) {
            return Cause.INTERRUPTED; // the flag is set again when its tree is gone
        }
    }

    /** Waits for the exit code and the rest of the output; says whether it was interrupted. */
    private static boolean settle(Process process, List<Thread> readers) {
        long deadline = System.nanoTime() + DRAIN.toNanos();
        boolean interrupted = Thread.interrupted();
        while (true) {
            try {
                long left = Math.max(0, deadline - System.nanoTime());
                boolean _ = process.waitFor(left, TimeUnit.NANOSECONDS);
                for (Thread reader : readers) {
                    left = Math.max(1, deadline - System.nanoTime());
                    boolean _ = reader.join(Duration.ofNanos(left));
                }
                return interrupted;
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
    }

    /** Beside the run: a program that reads nothing holds up only this thread, until it ends. */
    private static void write(OutputStream out, Bytes input) {
        Thread.ofPlatform()
                .daemon()
                .name("input-", 0)
                .start(() -> {
                    try (out) {
                        out.write(input.array());
                    } catch (IOException _) {
                        // it did not want to know; how it ends says whether that was right
                    }
                });
    }

    /** A platform thread: reading a pipe would hold on to the carrier of a virtual one. */
    private static Thread reader(InputStream in, Capture capture, AtomicBoolean over) {
        return Thread.ofPlatform()
                .daemon()
                .name("output-", 0)
                .start(() -> capture.read(in, over::get));
    }

    private static Consumer<String> live(
            OutputStreamName stream, BiConsumer<OutputStreamName, String> live) {
        return text -> live.accept(stream, text);
    }
}
