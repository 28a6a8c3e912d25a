package io.viworks.agent.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** This machine as its kernel tells of it. Thread-safe, and quick but for disks. */
public final class Host {
    private final Path proc;
    private final List<Path> mounts;
    private @Nullable FutureTask<List<Disk>> measuring;

    /** Reads from this machine; its disks are those that hold these paths, and its own. */
    public Host(List<Path> mounts) {
        this(Path.of("/proc"), mounts);
    }

    Host(Path proc, List<Path> mounts) {
        this.proc = proc;
        this.mounts = List.copyOf(mounts);
    }

    CpuTimes cpuTimes() throws IOException {
        return CpuTimes.parse(text("stat"));
    }

    /** Percentage of work of all processors during so long a time, which it waits. */
    public double cpuPercent(Duration during) throws IOException, InterruptedException {
        CpuTimes before = cpuTimes();
        Thread.sleep(during);
        return cpuTimes().busySince(before).orElse(0);
    }

    /** Number of processors that are on. */
    public int processors() throws IOException {
        return (int) text("stat").lines().filter(line -> line.matches("cpu\\d+ .*")).count();
    }

    public Memory memory() throws IOException {
        return Memory.parse(text("meminfo"));
    }

    public Load load() throws IOException {
        return Load.parse(text("loadavg"));
    }

    /** Time since boot. */
    public Duration uptime() throws IOException {
        String seconds = text("uptime").split(" ", 2)[0];
        return Duration.ofMillis(Math.round(Double.parseDouble(seconds.trim()) * 1000));
    }

    /** The kernel's release, as {@code uname -r} says. */
    public String kernel() throws IOException {
        return text("sys/kernel/osrelease").strip();
    }

    /**
     * One entry for each file system, measured beside the caller: one on a network may hang. At
     * most one thread hangs with it, however often it is asked.
     *
     * @throws IOException when they cannot be measured, or not within this time
     */
    public List<Disk> disks(Duration patience) throws IOException, InterruptedException {
        try {
            return measuredDisks().get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new IOException(
                    "the disks did not answer within " + patience.toMillis() + " ms", e);
        } catch (ExecutionException e) {
            throw new IOException("the disks cannot be measured: " + e.getCause(), e);
        }
    }

    /** The measurement that runs, or a new one. */
    private synchronized FutureTask<List<Disk>> measuredDisks() {
        FutureTask<List<Disk>> running = measuring;
        if (running == null || running.isDone()) {
            running = new FutureTask<>(this::disks);
            measuring = running;
            Thread.ofPlatform().daemon().name("disks").start(running);
        }
        return running;
    }

    /** One entry for each file system; can take long when one of them is on a network. */
    List<Disk> disks() throws IOException {
        List<Disk> disks = new ArrayList<>();
        Set<Object> devices = new HashSet<>();
        for (Path mount : Stream.concat(mounts.stream(), mounted()).toList()) {
            // a file is mounted alone in containers; its disk is seen elsewhere or not theirs
            if (disks.size() < Mounts.MAX
                    && Files.isDirectory(mount)
                    && devices.add(Files.getAttribute(mount, "unix:dev"))) {
                disks.add(Disk.at(mount));
            }
        }
        return disks;
    }

    private Stream<Path> mounted() throws IOException {
        Path file = proc.resolve("self/mounts");
        return Files.exists(file) ? Mounts.parse(text("self/mounts")).stream() : Stream.empty();
    }

    /** What is in a file of /proc; those that are read here never block. */
    private String text(String file) throws IOException {
        return Files.readString(proc.resolve(file), StandardCharsets.ISO_8859_1);
    }
}
