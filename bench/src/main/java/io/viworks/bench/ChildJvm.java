package io.viworks.bench;

import io.viworks.embedded.ChildProcesses;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A Java program as a process of its own, so that its processor time and memory are its own.
 * Thread-safe.
 */
public final class ChildJvm implements AutoCloseable {
    private static final Pattern HEAP_USED = Pattern.compile("\\bused ([0-9]+)K");
    private static final Pattern RSS = Pattern.compile("(?m)^VmRSS:\\s+([0-9]+) kB");

    private final String name;
    private final Process process;

    private ChildJvm(String name, Process process) {
        this.name = name;
        this.process = process;
    }

    /**
     * Starts a class of this program.
     *
     * @param log where its output goes, but what it writes to standard output when {@code piped}
     */
    public static ChildJvm main(
            Class<?> type, List<String> jvm, List<String> arguments, Path log, boolean piped)
            throws IOException {
        List<String> words = new ArrayList<>(jvm);
        words.addAll(
                List.of(
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        type.getName()));
        words.addAll(arguments);
        return start(type.getSimpleName(), words, Map.of(), log, piped);
    }

    /** Starts a packaged program. */
    public static ChildJvm jar(
            Path jar, List<String> jvm, Map<String, String> environment, Path log)
            throws IOException {
        if (!Files.isRegularFile(jar)) {
            throw new IllegalStateException(jar + " is missing: run ./viw build");
        }
        List<String> words = new ArrayList<>(jvm);
        words.addAll(List.of("-jar", jar.toString()));
        return start(jar.getFileName().toString(), words, environment, log, false);
    }

    private static ChildJvm start(
            String name,
            List<String> words,
            Map<String, String> environment,
            Path log,
            boolean piped)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(words);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        if (piped) {
            builder.redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        } else {
            builder.redirectErrorStream(true)
                    .redirectInput(new File("/dev/null"))
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        }
        return new ChildJvm(name, ChildProcesses.start(builder));
    }

    public Process process() {
        return process;
    }

    public long pid() {
        return process.pid();
    }

    /** Waits until it listens on a port of loopback. */
    public ChildJvm awaitPort(int port, Duration patience) throws IOException {
        long end = System.nanoTime() + patience.toNanos();
        while (System.nanoTime() < end && process.isAlive()) {
            try (var _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return this;
            } catch (IOException e) {
                pause();
            }
        }
        close();
        throw new IOException(name + " did not come up; see its log");
    }

    private static void pause() throws IOException {
        try {
            TimeUnit.MILLISECONDS.sleep(50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Processor time it has used so far. */
    public Duration cpu() throws IOException {
        return Cpu.of(pid());
    }

    /** Memory it occupies, in bytes. */
    public long rss() throws IOException {
        Matcher found = RSS.matcher(Files.readString(Path.of("/proc/" + pid() + "/status")));
        if (!found.find()) {
            throw new IOException(name + " is gone");
        }
        return Long.parseLong(found.group(1)) * 1024;
    }

    /** Bytes of its heap that are in use after a full collection. */
    public long liveHeap() throws IOException {
        // The second finds what finalization and soft references let go.
        var _ = jcmd("GC.run");
        var _ = jcmd("GC.run");
        // With Serial, young and old are told apart; the line of metaspace comes after both.
        String info = jcmd("GC.heap_info").split("Metaspace", -1)[0];
        Matcher found = HEAP_USED.matcher(info);
        long used = 0;
        while (found.find()) {
            used += Long.parseLong(found.group(1)) * 1024;
        }
        return used;
    }

    /** What jcmd says. */
    public String jcmd(String... words) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString());
        command.add(Long.toString(pid()));
        command.addAll(List.of(words));
        Process jcmd = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (BufferedReader reader =
                new BufferedReader(
                        new InputStreamReader(jcmd.getInputStream(), StandardCharsets.UTF_8))) {
            return String.join("\n", reader.lines().toList());
        }
    }

    @Override
    public void close() {
        Ending.of(process);
    }
}
