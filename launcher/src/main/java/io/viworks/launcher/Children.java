package io.viworks.launcher;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Everything the launcher started, in order. What undoes a start is registered the moment it has
 * happened; the end goes backwards, in groups: what was started together is told together.
 * Thread-safe.
 */
final class Children implements AutoCloseable {
    /** Longer than a service's own 30 s for its drain. */
    private static final Duration PATIENCE = Duration.ofSeconds(35);

    private final List<Step> steps = new ArrayList<>();
    private final CompletableFuture<String> death = new CompletableFuture<>();
    private boolean closing;

    private sealed interface Step {
        record Processes(List<Child> children) implements Step {}

        record Server(String name, long pid, AutoCloseable server) implements Step {}
    }

    /** Starts a group of processes that also ends together. */
    synchronized List<Child> start(List<Child.Program> programs) throws IOException {
        List<Child> group = new ArrayList<>();
        steps.add(new Step.Processes(group));
        for (Child.Program program : programs) {
            Child child = Child.start(program);
            group.add(child);
            watch(child);
        }
        return List.copyOf(group);
    }

    /** A server that knows itself how to stop. */
    synchronized void add(String name, Process process, Path log, AutoCloseable server) {
        steps.add(new Step.Server(name, process.pid(), server));
        watch(process.onExit(), name, log);
    }

    private void watch(Child child) {
        watch(child.onExit(), child.name(), child.program().log());
    }

    private void watch(CompletableFuture<Process> exit, String name, Path log) {
        CompletableFuture<Void> _ =
                exit.thenAccept(ended -> died(LastWords.of(name, ended.exitValue(), log)));
    }

    private synchronized void died(String lastWords) {
        if (!closing) {
            death.complete(lastWords);
        }
    }

    /** Completes with the last words of the first child that ends by itself. */
    CompletableFuture<String> death() {
        return death;
    }

    /** Starts again what has ended, in its place. */
    synchronized Child restart(Child ended) throws IOException {
        Child again = Child.start(ended.program());
        steps.replaceAll(step ->
                switch (step) {
                    case Step.Processes group ->
                            new Step.Processes(
                                    group.children().stream()
                                            .map(child -> child.equals(ended) ? again : child)
                                            .toList());
                    case Step.Server server -> server;
                });
        watch(again);
        return again;
    }

    synchronized List<Child> processes() {
        return steps.stream()
                .flatMap(step ->
                        switch (step) {
                            case Step.Processes group -> group.children().stream();
                            case Step.Server server -> java.util.stream.Stream.empty();
                        })
                .toList();
    }

    synchronized Optional<Long> serverPid(String name) {
        for (Step step : steps) {
            if (step instanceof Step.Server server && server.name().equals(name)) {
                return Optional.of(server.pid());
            }
        }
        return Optional.empty();
    }

    @Override
    public void close() {
        List<Step> backwards;
        synchronized (this) {
            closing = true;
            backwards = List.copyOf(steps).reversed();
            steps.clear();
        }
        @Nullable RuntimeException failure = null;
        for (Step step : backwards) {
            try {
                stop(step);
            } catch (RuntimeException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private static void stop(Step step) {
        switch (step) {
            case Step.Processes group -> {
                group.children().forEach(Child::terminate);
                group.children().forEach(child -> child.awaitEnd(PATIENCE));
            }
            case Step.Server server -> {
                try {
                    server.server().close();
                } catch (Exception e) {
                    throw new IllegalStateException(server.name() + " did not stop", e);
                }
            }
        }
    }
}
