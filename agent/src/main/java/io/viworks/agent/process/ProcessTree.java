package io.viworks.agent.process;

import io.viworks.protocol.CorrelationId;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All processes of one run, wherever they went: the one that was started, its session and process
 * group, whoever carries the run's mark in its environment, and the descendants of all these with
 * the sessions and groups they made. What was started with a cleaned environment, made its own
 * session and lost its parent is not found.
 */
final class ProcessTree {
    /** The variable that marks a run's processes (spec 6). */
    static final String MARK = "VIW_CORRELATION_ID";

    /** How long processes may take to end after being asked to. */
    static final Duration TERM_GRACE = Duration.ofSeconds(2);

    /** How long killed processes may take to be gone; longer ones hang in the kernel. */
    static final Duration KILL_GRACE = Duration.ofSeconds(5);

    private static final Duration POLL = Duration.ofMillis(20);

    private final ProcessTable table;
    private final @Nullable CorrelationId run;
    private final long first;

    /**
     * Of a run, by its mark, by the process it began with, or by both.
     *
     * @param first the process id the run began with, 0 when that is not known
     */
    ProcessTree(ProcessTable table, @Nullable CorrelationId run, long first) {
        this.table = table;
        this.run = run;
        this.first = first;
    }

    /**
     * Ends them all: TERM, and KILL for what is left after {@link #TERM_GRACE}. Interrupts do not
     * stop it; they are kept for later.
     *
     * @return the processes still there after {@link #KILL_GRACE}; normally none
     */
    Set<Long> end() {
        Set<Long> asked = new HashSet<>();
        boolean interrupted = false;
        try {
            long start = System.nanoTime();
            while (true) {
                Set<Long> members = members();
                Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
                if (members.isEmpty() || elapsed.compareTo(TERM_GRACE.plus(KILL_GRACE)) > 0) {
                    return members;
                }
                boolean force = elapsed.compareTo(TERM_GRACE) >= 0;
                for (ProcessHandle handle : stillMembers(members)) {
                    if (force) {
                        handle.destroyForcibly();
                    } else if (asked.add(handle.pid())) {
                        handle.destroy();
                    }
                }
                interrupted |= pause();
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The living processes of the run, never this one nor those it descends from. */
    Set<Long> members() {
        List<ProcessEntry> entries = table.read();
        Set<Long> own = ownLine(entries);
        Set<Long> roots = first == 0 ? Set.of() : Set.of(first); // 0 is the kernel's own
        Set<Long> members = new HashSet<>();
        for (ProcessEntry entry : entries) {
            if (!own.contains(entry.pid()) && (of(entry, roots) || marked(entry.pid()))) {
                members.add(entry.pid());
            }
        }
        boolean grown = !members.isEmpty();
        while (grown) {
            grown = false;
            for (ProcessEntry entry : entries) {
                if (!own.contains(entry.pid()) && of(entry, members)) {
                    grown |= members.add(entry.pid());
                }
            }
        }
        for (ProcessEntry entry : entries) {
            if (!entry.alive()) {
                members.remove(entry.pid());
            }
        }
        return members;
    }

    /** Whether a process is one of these, a child of one, or in a session or group of one. */
    private static boolean of(ProcessEntry entry, Set<Long> processes) {
        return processes.contains(entry.pid())
                || processes.contains(entry.parent())
                || processes.contains(entry.session())
                || processes.contains(entry.group());
    }

    private boolean marked(long pid) {
        return run != null && table.startedWith(pid, MARK, run.toString());
    }

    private static Set<Long> ownLine(List<ProcessEntry> entries) {
        Map<Long, Long> parents = new HashMap<>();
        entries.forEach(entry -> parents.put(entry.pid(), entry.parent()));
        Set<Long> line = new HashSet<>();
        Long pid = ProcessHandle.current().pid();
        while (pid != null && line.add(pid)) {
            pid = parents.get(pid);
        }
        return line;
    }

    /**
     * A handle remembers when its process started and signals no other that got the same id. They
     * are taken after the table was read, so the table is read once more.
     */
    private List<ProcessHandle> stillMembers(Set<Long> pids) {
        List<ProcessHandle> handles =
                pids.stream().map(ProcessHandle::of).flatMap(Optional::stream).toList();
        Set<Long> members = members();
        return handles.stream().filter(handle -> members.contains(handle.pid())).toList();
    }

    private static boolean pause() {
        try {
            Thread.sleep(POLL);
            return false;
        } catch (InterruptedException _) {
            return true;
        }
    }
}
