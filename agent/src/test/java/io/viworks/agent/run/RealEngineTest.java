package io.viworks.agent.run;

import static io.viworks.agent.run.Commands.command;
import static io.viworks.agent.run.Executors.data;
import static io.viworks.agent.run.Executors.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.viworks.agent.host.Container;
import io.viworks.agent.host.ContainerEngine;
import io.viworks.agent.host.ContainerWork;
import io.viworks.protocol.frame.Envelope;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * All container verbs on the engine of this machine, with a container of its own that it removes.
 * Needs an image with a shell: {@code VIW_TEST_IMAGE}, else {@code debian:bookworm-slim}.
 */
@Tag("containers")
@Timeout(300)
class RealEngineTest {
    private static final String IMAGE =
            Objects.requireNonNullElse(System.getenv("VIW_TEST_IMAGE"), "debian:bookworm-slim");

    @TempDir Path folder;
    private final String name = "viw-test-" + UUID.randomUUID();

    @BeforeEach
    void onlyWhereThereIsOne() throws Exception {
        var engine = ContainerEngine.find(ContainerEngine.SOCKETS);
        assumeTrue(engine.isPresent(), "needs a container engine");
        assumeTrue(new ContainerWork(engine.orElseThrow()).hasImage(IMAGE), "needs image " + IMAGE);
    }

    @AfterEach
    void remove() throws Exception {
        var engine = ContainerEngine.find(ContainerEngine.SOCKETS);
        if (engine.isPresent()) {
            new ContainerWork(engine.get()).remove(name);
        }
    }

    @Test
    void makesStopsRestartsAndListsAContainer() throws Exception {
        // debian's own command is bash, which ends at once without a terminal
        Envelope spawn =
                command(
                        "spawn_container",
                        "{'image':'%s','name':'%s','env':{'A':'s3cret-word'},'memory_mb':32,"
                                        .formatted(IMAGE, name)
                                + "'cpus':0.5,'ports':['127.0.0.1:65011:80']}");
        String id = data(run(spawn)).path("id").stringValue();
        assertThat(id).hasSize(12);
        assertThat(failure(run(spawn))).startsWith("a container named " + name + " is there");
        assertThat(containers()).extracting(Container::name).contains(name);

        String by = "{'container':'" + name + "','timeout_s':0}";
        assertThat(data(run(command("restart_container", by))).path("id").stringValue())
                .isEqualTo(id);
        assertThat(data(run(command("stop_container", by))).path("state").stringValue())
                .isEqualTo("exited");
        assertThat(data(run(command("stop_container", by))).path("state").stringValue())
                .isEqualTo("exited");
        assertThat(data(run(command("list_containers", "{'all':true}"))).toString()).contains(name);
    }

    @Test
    void saysWhatIsMissing() throws Exception {
        String missing = "viworks.invalid/none:" + UUID.randomUUID();
        assertThat(
                        failure(
                                run(
                                        command(
                                                "spawn_container",
                                                "{'image':'%s','name':'%s'}"
                                                        .formatted(missing, name)),
                                        missing)))
                .startsWith("image " + missing + " is not on this gateway");
        assertThat(failure(run(command("stop_container", "{'container':'" + name + "'}"))))
                .isEqualTo("there is no container " + name);
    }

    private static List<Container> containers() throws Exception {
        return ContainerEngine.find(ContainerEngine.SOCKETS).orElseThrow().containers(true);
    }

    private RunOutcome run(Envelope envelope) throws Exception {
        return run(envelope, IMAGE);
    }

    private RunOutcome run(Envelope envelope, String image) throws Exception {
        RunSettings settings =
                new RunSettings(
                        2,
                        45,
                        true,
                        Set.of(),
                        Set.of(),
                        Set.of(image),
                        false,
                        null,
                        folder,
                        null,
                        null);
        return Executors.run(settings, ContainerEngine.SOCKETS.getFirst(), envelope);
    }
}
