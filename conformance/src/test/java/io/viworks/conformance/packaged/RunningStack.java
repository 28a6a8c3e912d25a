package io.viworks.conformance.packaged;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Everything, as {@code ./viw up} starts it, in a data folder of its own. */
final class RunningStack implements AutoCloseable {
    static final Duration START = Duration.ofMinutes(3);
    static final Duration STOP = Duration.ofSeconds(60);

    /** How long anything is waited for that must come, on a machine that is busy with others. */
    static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final HttpClient http = HttpClient.newHttpClient();
    private final Run launcher;
    private final Path home;
    private final JsonNode runFile;

    private RunningStack(Run launcher, Path home, JsonNode runFile) {
        this.launcher = launcher;
        this.home = home;
        this.runFile = runFile;
    }

    /** Starts it, and returns once the launcher has shown the journey. */
    static RunningStack start(Path folder, String... options) throws Exception {
        return start(folder, Map.of(), options);
    }

    /** The same with more in the environment of every service. */
    static RunningStack start(Path folder, Map<String, String> environment, String... options)
            throws Exception {
        Path home = folder.resolve("home");
        Run launcher = launch(home, folder, environment, options);
        try {
            await().atMost(START)
                    .pollInterval(Duration.ofMillis(100))
                    .until(() ->
                            launcher.output().contains("Everything runs") || !launcher.isAlive());
            if (!launcher.isAlive()) {
                throw new AssertionError("the launcher ended:\n" + launcher.output());
            }
            JsonNode runFile = JSON.readTree(Files.readString(home.resolve("run.json")));
            return new RunningStack(launcher, home, runFile);
        } catch (Throwable e) {
            launcher.close();
            throw new AssertionError("no start:\n" + launcher.output(), e);
        }
    }

    /** The launcher on a data folder. */
    static Run launch(Path home, Path folder, String... options) throws IOException {
        return launch(home, folder, Map.of(), options);
    }

    private static Run launch(
            Path home, Path folder, Map<String, String> environment, String... options)
            throws IOException {
        Map<String, String> all = new HashMap<>(environment);
        all.put("VIW_HOME", home.toString());
        return Run.of(Jars.launcher(), List.of(options), all, folder);
    }

    Run launcher() {
        return launcher;
    }

    Path home() {
        return home;
    }

    /** A value of {@code run.json}. */
    String told(String name) {
        return runFile.path(name).asString();
    }

    /** The process ids of a kind. */
    List<Long> pids(String kind) {
        JsonNode pids = runFile.path("pids").path(kind);
        List<Long> all = new ArrayList<>();
        if (pids.isArray()) {
            pids.forEach(pid -> all.add(pid.asLong()));
        } else {
            all.add(pids.asLong());
        }
        return all;
    }

    /** The processes that run on behalf of the launcher, and it. */
    List<ProcessHandle> processes() {
        List<ProcessHandle> all = new ArrayList<>();
        all.add(launcher.handle());
        for (var kind : runFile.path("pids").properties()) {
            pids(kind.getKey()).stream()
                    .map(ProcessHandle::of)
                    .flatMap(Optional::stream)
                    .forEach(all::add);
        }
        return all;
    }

    JsonNode get(String path) throws Exception {
        return json(send(request(told("admin_api") + path, "viewer_token").GET().build()));
    }

    /** The bridge's own endpoints. */
    JsonNode ops(String path) throws Exception {
        return json(send(request(told("bridge_ops") + path, "bridge_admin_token").GET().build()));
    }

    /** What every service of a kind tells of itself, in the text format of Prometheus. */
    List<String> metrics(String kind) throws Exception {
        List<String> told = new ArrayList<>();
        for (JsonNode url : runFile.path("management").path(kind)) {
            HttpRequest request =
                    HttpRequest.newBuilder(URI.create(url.asString() + "/actuator/prometheus"))
                            .timeout(PATIENCE)
                            .build();
            told.add(send(request).body());
        }
        return told;
    }

    /** Sends a command and returns its correlation id. */
    String command(String agent, String verb, Map<String, ?> parameters) throws Exception {
        return command(agent, verb, parameters, Map.of());
    }

    /** The same with more headers. */
    String command(
            String agent, String verb, Map<String, ?> parameters, Map<String, String> headers)
            throws Exception {
        String body = JSON.writeValueAsString(Map.of("command", verb, "parameters", parameters));
        HttpRequest.Builder request =
                request(told("admin_api") + "/gateways/" + agent + "/commands", "operator_token")
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body));
        headers.forEach(request::header);
        return json(send(request.build())).path("correlation_id").asString();
    }

    /** A command once it has ended, whatever its end. */
    JsonNode ended(String agent, String correlationId) {
        String path = "/gateways/" + agent + "/commands/" + correlationId;
        return await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(10))
                .until(
                        () -> get(path),
                        command ->
                                !List.of("QUEUED", "DISPATCHED", "ACKED")
                                        .contains(command.path("state").asString()));
    }

    private HttpRequest.Builder request(String url, String token) {
        return HttpRequest.newBuilder(URI.create(url))
                .timeout(PATIENCE)
                .header("Authorization", "Bearer " + told(token));
    }

    private HttpResponse<String> send(HttpRequest request) throws Exception {
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static JsonNode json(HttpResponse<String> answer) {
        if (answer.statusCode() / 100 != 2) {
            throw new AssertionError(
                    answer.uri() + " answered " + answer.statusCode() + ": " + answer.body());
        }
        return JSON.readTree(answer.body());
    }

    @Override
    public void close() {
        launcher.close();
    }
}
