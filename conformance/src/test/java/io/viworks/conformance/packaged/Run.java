package io.viworks.conformance.packaged;

import io.viworks.conformance.Checkout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** One process of a packaged jar, its output in a file. */
final class Run implements AutoCloseable {
    private static final int SIGINT = 2;

    private final Process process;
    private final Path output;

    private Run(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /**
     * Starts {@code java -jar module/target/…}.
     *
     * @param environment all that is said of {@code VIW_} and {@code AGENT_} names
     */
    static Run of(Path jar, List<String> arguments, Map<String, String> environment, Path folder)
            throws IOException {
        List<String> command = new ArrayList<>();
        if (ignoresCtrlC()) {
            command.addAll(List.of("env", "--default-signal=INT"));
        }
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("-Dviw.checkout=" + Checkout.root());
        command.addAll(List.of("-jar", jar.toString()));
        command.addAll(arguments);
        Path output = Files.createTempFile(folder, "output", ".log");
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile());
        builder.environment()
                .keySet()
                .removeIf(name -> name.startsWith("VIW_") || name.startsWith("AGENT_"));
        builder.environment().putAll(environment);
        return new Run(builder.start(), output);
    }

    /** As the children of what a shell has put into the background do. */
    private static boolean ignoresCtrlC() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .map(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
                .anyMatch(ignored -> (ignored & (1L << (SIGINT - 1))) != 0);
    }

    /** Everything it has said so far. */
    String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Its exit code, once it has ended. */
    int exitWithin(Duration patience) throws InterruptedException {
        if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("still runs after " + patience + ":\n" + output());
        }
        return process.exitValue();
    }

    void signal(String name) throws Exception {
        Signals.send(name, process.pid());
    }

    /** Tells it to stop, and waits. */
    @Override
    public void close() {
        process.destroy();
        try {
            process.onExit().orTimeout(90, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            process.destroyForcibly();
            throw new AssertionError("did not stop:\n" + output(), e);
        }
    }
}
