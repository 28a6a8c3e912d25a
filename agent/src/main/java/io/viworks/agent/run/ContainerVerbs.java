package io.viworks.agent.run;

import io.viworks.agent.host.ContainerEngine;
import io.viworks.agent.host.ContainerSpec;
import io.viworks.agent.host.ContainerState;
import io.viworks.agent.host.ContainerWork;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The verbs that change containers. */
final class ContainerVerbs {
    /** Says which command made a container. */
    static final String LABEL = "viworks.correlation_id";

    private static final long MEBIBYTE = 1024L * 1024;

    private final List<Path> sockets;
    private final boolean pull;

    /**
     * Done by the engine at the first of these sockets.
     *
     * @param pull whether an image that is not there may be fetched
     */
    ContainerVerbs(List<Path> sockets, boolean pull) {
        this.sockets = List.copyOf(sockets);
        this.pull = pull;
    }

    /** {@code spawn_container}: when it does not start, nothing is left of it. */
    Answer spawn(Task task) throws IOException {
        ContainerWork work = new ContainerWork(engine(sockets));
        ContainerSpec spec = spec(task);
        if (!work.hasImage(spec.image())) {
            if (!pull) {
                throw new IOException(
                        "image %s is not on this gateway: fetch it there (docker pull %1$s), or set"
                                        .formatted(spec.image())
                                + " pull_images = true");
            }
            work.pull(spec.image(), task.timeout());
        }
        String id = work.create(spec);
        try {
            work.start(id);
        } catch (IOException e) {
            undo(work, id, e);
            throw e;
        }
        String shown = ContainerEngine.shortId(id);
        return Answer.of(
                shown + " " + spec.name() + "\n",
                JsonNodeFactory.instance.objectNode().put("id", shown));
    }

    /** {@code stop_container}. */
    Answer stop(Task task) throws IOException {
        return changed(new ContainerWork(engine(sockets)).stop(container(task), grace(task)));
    }

    /** {@code restart_container}. */
    Answer restart(Task task) throws IOException {
        return changed(new ContainerWork(engine(sockets)).restart(container(task), grace(task)));
    }

    /** The engine there is, or what to do to have one. */
    static ContainerEngine engine(List<Path> sockets) throws IOException {
        Optional<ContainerEngine> found = ContainerEngine.find(sockets);
        if (found.isEmpty()) {
            throw new IOException(
                    sockets.stream().map(Path::toString).collect(Collectors.joining(", "))
                            + ": no container engine listens there; install one (Debian: apt"
                            + " install docker.io or podman), or start it");
        }
        return found.get();
    }

    /** Also when this run is being stopped: the interrupt waits until it is gone. */
    private static void undo(ContainerWork work, String id, IOException cause) {
        boolean interrupted = Thread.interrupted();
        try {
            work.remove(id);
        } catch (IOException e) {
            cause.addSuppressed(e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static ContainerSpec spec(Task task) {
        ObjectNode args = task.args();
        Map<String, String> env = new HashMap<>();
        args.path("env")
                .properties()
                .forEach(entry -> env.put(entry.getKey(), entry.getValue().stringValue()));
        List<ContainerSpec.Port> ports =
                args.path("ports")
                        .valueStream()
                        .map(port -> ContainerSpec.Port.parse(port.stringValue()))
                        .toList();
        JsonNode memory = args.path("memory_mb");
        JsonNode cpus = args.path("cpus");
        @Nullable Long bytes = memory.isNumber() ? memory.longValue() * MEBIBYTE : null;
        @Nullable Long nanos = cpus.isNumber() ? Math.round(cpus.doubleValue() * 1e9) : null;
        return new ContainerSpec(
                args.required("image").stringValue(),
                args.required("name").stringValue(),
                env,
                ports,
                Map.of(LABEL, task.id().toString()),
                bytes,
                nanos);
    }

    private static String container(Task task) {
        return task.args().required("container").stringValue();
    }

    private static Optional<Duration> grace(Task task) {
        JsonNode seconds = task.args().path("timeout_s");
        return seconds.isNumber()
                ? Optional.of(Duration.ofSeconds(seconds.longValue()))
                : Optional.empty();
    }

    private static Answer changed(ContainerState state) {
        return Answer.of(
                state.id() + " " + state.state() + "\n",
                JsonNodeFactory.instance
                        .objectNode()
                        .put("id", state.id())
                        .put("state", state.state()));
    }
}
