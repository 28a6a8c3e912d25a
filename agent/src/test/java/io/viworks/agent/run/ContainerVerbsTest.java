package io.viworks.agent.run;

import static io.viworks.agent.run.Commands.command;
import static io.viworks.agent.run.Executors.data;
import static io.viworks.agent.run.Executors.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.agent.host.EngineServer;
import io.viworks.agent.host.UnixServer;
import io.viworks.protocol.frame.AgentFrame.FrameError;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.verb.VerbCatalogue;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The verbs that change containers, on an engine that answers after the Docker Engine API. */
@Timeout(300)
class ContainerVerbsTest {
    private static final String ID = "0123456789abcdef0123456789abcdef";
    private static final Envelope PLAIN =
            command("spawn_container", "{'image':'alpine:3','name':'web'}");

    private static final String HOW =
            ": no container engine listens there; install one (Debian: apt install docker.io"
                    + " or podman), or start it";

    @TempDir Path folder;
    private @Nullable EngineServer started;

    @AfterEach
    void stop() throws Exception {
        if (started != null) {
            started.close();
        }
    }

    @Test
    void makesAContainerAndStartsIt() throws Exception {
        engine().on("GET /images/alpine%3A3/json", "200 {}")
                .on("POST /containers/create.*", "201 {\"Id\":\"" + ID + "\",\"Warnings\":[]}")
                .on("POST /containers/" + ID + "/start", "204 ");
        Envelope spawn =
                command(
                        "spawn_container",
                        "{'image':'alpine:3','name':'web','env':{'TOKEN':'s3cret-word'},"
                                + "'ports':['127.0.0.1:8080:80','53:53/udp'],'memory_mb':64,"
                                + "'cpus':0.5}");
        RunOutcome outcome = run(spawn);
        assertThat(data(outcome)).hasToString("{\"id\":\"0123456789ab\"}");
        assertThat(outcome.stdout()).isEqualTo("0123456789ab web\n");
        assertThat(engine().requests())
                .containsExactly(
                        "GET /images/alpine%3A3/json",
                        "POST /containers/create?name=web", "POST /containers/" + ID + "/start");
        JsonNode body = JsonMapper.builder().build().readTree(engine().bodies().getFirst());
        assertThat(body.toString())
                .isEqualTo(
                        """
                        {"Image":"alpine:3","Env":["TOKEN=s3cret-word"],\
                        "Labels":{"viworks.correlation_id":"%s"},\
                        "ExposedPorts":{"80/tcp":{},"53/udp":{}},\
                        "HostConfig":{"PortBindings":{\
                        "80/tcp":[{"HostIp":"127.0.0.1","HostPort":"8080"}],\
                        "53/udp":[{"HostIp":"","HostPort":"53"}]},\
                        "Memory":67108864,"NanoCpus":500000000}}\
                        """
                                .formatted(spawn.correlationId()));
    }

    @Test
    void saysThatTheNameIsTaken() throws Exception {
        engine().on("GET /images/.*", "200 {}")
                .on("POST /containers/create.*", "409 {\"message\":\"Conflict. The container\"}");
        assertThat(failure(run(PLAIN)))
                .isEqualTo(
                        "a container named web is there already; nothing was changed: choose"
                                + " another name, or remove that one");
    }

    @Test
    void saysThatTheImageIsMissingAndDoesNotFetchItUnasked() throws Exception {
        engine().on("GET /images/.*", "404 {\"message\":\"No such image\"}");
        assertThat(failure(run(PLAIN)))
                .isEqualTo(
                        "image alpine:3 is not on this gateway: fetch it there (docker pull"
                                + " alpine:3), or set pull_images = true");
        assertThat(engine().requests()).hasSize(1);
    }

    @Test
    void fetchesAnAllowedImageWhereThatIsConfigured() throws Exception {
        engine().on("GET /images/.*", "404 {}")
                .on("POST /images/create.*", "200 {\"status\":\"Pulling\"}\r\n{\"status\":\"ok\"}")
                .on("POST /containers/create.*", "201 {\"Id\":\"" + ID + "\"}")
                .on("POST /containers/.*/start", "204 ");
        assertThat(data(run(settings(true), PLAIN)).path("id").stringValue())
                .isEqualTo("0123456789ab");
        assertThat(engine().requests()).contains("POST /images/create?fromImage=alpine%3A3");
    }

    @Test
    void saysWhyAnImageCannotBeFetched() throws Exception {
        engine().on("GET /images/.*", "404 {}")
                .on(
                        "POST /images/create.*",
                        "200 {\"status\":\"Pulling\"}\r\n{\"error\":\"manifest unknown\"}\r\n",
                        "500 {\"message\":\"no route to host\"}");
        assertThat(failure(run(settings(true), PLAIN)))
                .isEqualTo("the container engine cannot fetch the image: manifest unknown");
        assertThat(failure(run(settings(true), PLAIN)))
                .isEqualTo(
                        "the container engine cannot fetch the image: no route to host (status"
                                + " 500)");
    }

    @Test
    void leavesNothingOfAContainerThatDoesNotStart() throws Exception {
        engine().on("GET /images/.*", "200 {}")
                .on("POST /containers/create.*", "201 {\"Id\":\"" + ID + "\"}")
                .on("POST /containers/.*/start", "500 {\"message\":\"port 80 is taken\"}")
                .on("DELETE /containers/.*", "204 ");
        assertThat(failure(run(PLAIN)))
                .isEqualTo(
                        "the container engine cannot start the container: port 80 is taken (status"
                                + " 500)");
        assertThat(engine().requests())
                .last()
                .isEqualTo("DELETE /containers/" + ID + "?force=true&v=true");
    }

    @Test
    void showsNoSecretThatAnEngineRepeats() throws Exception {
        engine().on("GET /images/.*", "200 {}")
                .on("POST /containers/create.*", "400 {\"message\":\"bad env A=s3cret-word\"}");
        Envelope spawn =
                command(
                        "spawn_container",
                        "{'image':'alpine:3','name':'web','env':{'A':'s3cret-word'}}");
        assertThat(failure(run(spawn)))
                .isEqualTo(
                        "the container engine cannot make the container: bad env A=*** (status"
                                + " 400)");
    }

    @Test
    void stopsAContainerHoweverOften() throws Exception {
        engine().on("POST /containers/web/stop\\?t=3", "204 ", "304 ")
                .on("GET /containers/web/json", shown("exited"));
        Envelope stop = command("stop_container", "{'container':'web','timeout_s':3}");
        String stopped = "{\"id\":\"0123456789ab\",\"state\":\"exited\"}";
        assertThat(data(run(stop))).hasToString(stopped);
        assertThat(data(run(stop))).hasToString(stopped);
    }

    @Test
    void restartsAContainer() throws Exception {
        engine().on("POST /containers/web/restart", "204 ")
                .on("GET /containers/web/json", shown("running"));
        assertThat(data(run(command("restart_container", "{'container':'web'}"))))
                .hasToString("{\"id\":\"0123456789ab\",\"state\":\"running\"}");
    }

    @Test
    void saysThatThereIsNoSuchContainer() throws Exception {
        engine().on("POST /containers/.*", "404 {\"message\":\"No such container: web\"}");
        for (String verb : List.of("stop_container", "restart_container")) {
            assertThat(failure(run(command(verb, "{'container':'web'}"))))
                    .isEqualTo("there is no container web");
        }
    }

    @Test
    void saysWhereItLookedForAnEngine() throws Exception {
        Path none = folder.resolve("none.sock");
        for (String verb : List.of("stop_container", "restart_container")) {
            RunOutcome outcome =
                    Executors.run(settings(false), none, command(verb, "{'container':'web'}"));
            assertThat(failure(outcome)).isEqualTo(none + HOW);
        }
        assertThat(failure(Executors.run(settings(false), none, PLAIN))).isEqualTo(none + HOW);
    }

    @Test
    void refusesAnImageThatIsNotOnTheListOfThisGateway() throws Exception {
        Envelope spawn = command("spawn_container", "{'image':'alpine:4','name':'web'}");
        Policy policy =
                new Policy(settings(true), VerbCatalogue.standard(), Set.of("spawn_container"));
        assertThat(policy.check(spawn))
                .contains(
                        new Refusal(
                                "LocalPolicy", "/image must be in allowed_images of this gateway"));
    }

    @Test
    void endsWithItsTimeWhenTheEngineHangs() throws Exception {
        Path hanging = folder.resolve("hanging.sock");
        try (var _ = new UnixServer(hanging, true)) {
            Envelope stop = command("stop_container", "{'container':'web'}", 1);
            assertThat(Executors.run(settings(false), hanging, stop).error())
                    .isEqualTo(new FrameError("ExecTimeout", "it ran longer than 1 s"));
        }
    }

    private Path socket() {
        return folder.resolve("engine.sock");
    }

    private EngineServer engine() {
        EngineServer present = started;
        if (present == null) {
            present = new EngineServer(socket());
            started = present;
        }
        return present;
    }

    private static String shown(String state) {
        return "200 {\"Id\":\"" + ID + "\",\"State\":{\"Status\":\"" + state + "\"}}";
    }

    private RunOutcome run(Envelope envelope) throws Exception {
        return run(settings(false), envelope);
    }

    private RunOutcome run(RunSettings settings, Envelope envelope) throws Exception {
        return Executors.run(settings, socket(), envelope);
    }

    private RunSettings settings(boolean pull) {
        return new RunSettings(
                2,
                45,
                true,
                Set.of(),
                Set.of(),
                Set.of("alpine:3"),
                pull,
                null,
                folder,
                null,
                null);
    }
}
