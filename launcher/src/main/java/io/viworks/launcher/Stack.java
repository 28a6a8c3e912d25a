package io.viworks.launcher;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;

import io.viworks.embedded.EmbeddedPostgres;
import io.viworks.embedded.EmbeddedRedis;
import io.viworks.launcher.RunFile.Tokens;
import io.viworks.protocol.verb.Verb;
import io.viworks.protocol.verb.VerbCatalogue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Everything on this machine: started each after what it needs, written down where it is, stopped
 * backwards. Tests of failures use it too: its processes can be killed and started again.
 */
public final class Stack implements AutoCloseable {
    private final Options options;
    private final Home home;
    private final Children children;
    private final Console console;
    private final Programs programs;
    private final Map<String, Map<String, String>> overrides;
    private final Ports ports = new Ports();
    private final Tokens tokens = Tokens.fresh();
    private final ReadyProbe ready;
    private @Nullable Backends backends;
    private Path sealingKeys = Path.of("none");

    /** Prepares; nothing runs before {@link #start()}. */
    public Stack(Options options, Home home, Console console, Programs programs) {
        this(options, home, console, programs, Map.of());
    }

    /**
     * The same with settings of one's own.
     *
     * @param overrides environment by kind of process; wins over what is set here
     */
    public Stack(
            Options options,
            Home home,
            Console console,
            Programs programs,
            Map<String, Map<String, String>> overrides) {
        this.options = options;
        this.home = home;
        this.children = new Children();
        this.console = console;
        this.programs = programs;
        this.overrides = overrides;
        this.ready = new ReadyProbe(children);
    }

    /** Where everything is, once all of it answers. */
    public RunFile start() throws Exception {
        Backends backends = Backends.start(home, ports, children, console);
        this.backends = backends;
        home.writePrivate("run/shared_secret", tokens.sharedSecret());
        home.writePrivate("run/bridge_admin_token", tokens.bridgeAdmin());
        home.writePrivate("run/api_tokens", apiTokens());
        header("admin", tokens.admin());
        header("operator", tokens.operator());
        header("viewer", tokens.viewer());
        header("bridge", tokens.bridgeAdmin());

        sealingKeys = home.keepPrivate("sealing_keys", Secrets::sealingKeys);

        List<Service> services = new ArrayList<>();
        List<Service> writers = new ArrayList<>();
        for (int i = 1; i <= options.telemetryWriters(); i++) {
            writers.add(writer("telemetry-writer", i, 9083, backends));
        }
        for (int i = 1; i <= options.resultsWriters(); i++) {
            writers.add(writer("results-writer", i, 9084, backends));
        }
        List<Service> apis = new ArrayList<>();
        for (int i = 1; i <= options.adminApis(); i++) {
            apis.add(adminApi(i, backends));
        }
        List<Service> bridges = new ArrayList<>();
        for (int i = 1; i <= options.bridges(); i++) {
            bridges.add(bridge(i, backends));
        }
        services.addAll(writers);
        services.addAll(apis);
        services.addAll(bridges);
        launch(services);

        List<String> sockets = bridges.stream().map(b -> "ws" + b.url().substring(4)).toList();
        startAgents(sockets.stream().map(url -> url + "/agent/ws").toList(), apis.getFirst().url());
        RunFile file =
                new RunFile(
                        apis.stream().map(api -> api.url() + "/admin/api").toList(),
                        sockets.stream().map(url -> url + "/agent/ws").toList(),
                        bridges.stream().map(Service::url).toList(),
                        services.stream()
                                .collect(
                                        groupingBy(
                                                Service::kind,
                                                TreeMap::new,
                                                mapping(Service::health, toList()))),
                        backends.redisUrl(),
                        backends.jdbcUrl(),
                        tokens,
                        pids());
        home.writePrivate("run.json", file.json());
        return file;
    }

    /** The processes of a kind that were started, dead ones included. */
    public List<Child> processes(String kind) {
        return children.processes().stream().filter(child -> child.kind().equals(kind)).toList();
    }

    /** Starts again what has ended, with the same command line and environment. */
    public Child restart(Child ended) throws IOException {
        return children.restart(ended);
    }

    /**
     * One more process like one there is.
     *
     * @param name of its own, and of its log
     * @param settings environment; wins over that of the one it is like
     */
    public Child startAnother(Child like, String name, Map<String, String> settings)
            throws IOException {
        Map<String, String> environment = new LinkedHashMap<>(like.program().environment());
        environment.putAll(settings);
        Child.Program program =
                new Child.Program(
                        like.kind(),
                        name,
                        home.freshLog(name),
                        like.program().command(),
                        environment);
        return children.start(List.of(program)).getFirst();
    }

    /** The embedded Redis. */
    public EmbeddedRedis redis() {
        return Objects.requireNonNull(backends, "not started").redis();
    }

    /** The embedded Postgres. */
    public EmbeddedPostgres postgres() {
        return Objects.requireNonNull(backends, "not started").postgres();
    }

    /** Completes with the last words of the first child that ends by itself. */
    CompletableFuture<String> death() {
        return children.death();
    }

    /** Stops everything, in the reverse order. */
    @Override
    public void close() {
        children.close();
        home.remove(home.runFile());
    }

    /** The demo agents' ids. */
    public List<String> agentNames() {
        List<String> names = new ArrayList<>();
        for (int i = 1; i <= options.agents(); i++) {
            names.add("demo-gateway-" + i);
        }
        return names;
    }

    /** A service to start: where it will listen and what it is told. */
    private record Service(
            String kind, String name, String url, String health, Map<String, String> environment) {}

    private void launch(List<Service> services) throws IOException, InterruptedException {
        List<Child.Program> group = new ArrayList<>();
        for (Service service : services) {
            home.writePrivate(
                    "run/" + service.kind() + ".json", RunFile.json(service.environment()));
            group.add(program(service.kind(), service.name(), service.environment()));
        }
        children.start(group);
        console.step(
                "starting %s"
                        .formatted(
                                String.join(", ", services.stream().map(Service::name).toList())));
        for (Service service : services) {
            ready.await(service.name(), service.health() + "/actuator/health/readiness");
            console.step("%s is ready: %s".formatted(service.name(), service.url()));
        }
    }

    private Service writer(String kind, int number, int usualPort, Backends backends) {
        int port = ports.near(usualPort);
        Map<String, String> environment = new LinkedHashMap<>(backends.environmentOf(kind));
        environment.put("VIW_MANAGEMENT_BIND", "127.0.0.1:" + port);
        String url = "http://127.0.0.1:" + port;
        return new Service(kind, name(kind, number), url, url, environment);
    }

    private Service adminApi(int number, Backends backends) {
        int port = ports.near(8081);
        int management = ports.near(9081);
        Map<String, String> environment = new LinkedHashMap<>(backends.environmentOf("admin-api"));
        environment.put("VIW_ADMIN_BIND", "127.0.0.1:" + port);
        environment.put("VIW_MANAGEMENT_BIND", "127.0.0.1:" + management);
        environment.put("VIW_API_TOKENS_FILE", home.root().resolve("run/api_tokens").toString());
        environment.put("VIW_SEALING_KEYS_FILE", sealingKeys.toString());
        return new Service(
                "admin-api",
                name("admin-api", number),
                "http://127.0.0.1:" + port,
                "http://127.0.0.1:" + management,
                environment);
    }

    private Service bridge(int number, Backends backends) {
        int port = ports.near(8082);
        int management = ports.near(9082);
        Map<String, String> environment =
                new LinkedHashMap<>(backends.environmentOf("agent-bridge"));
        environment.put("AGENT_BRIDGE_ENABLED", "true");
        environment.put("VIW_SEALING_KEYS_FILE", sealingKeys.toString());
        environment.put("AGENT_BRIDGE_BIND", "127.0.0.1:" + port);
        environment.put("VIW_MANAGEMENT_BIND", "127.0.0.1:" + management);
        environment.put(
                "AGENT_BRIDGE_SHARED_SECRET_FILE",
                home.root().resolve("run/shared_secret").toString());
        environment.put(
                "AGENT_BRIDGE_ADMIN_TOKEN_FILE",
                home.root().resolve("run/bridge_admin_token").toString());
        return new Service(
                "agent-bridge",
                name("agent-bridge", number),
                "http://127.0.0.1:" + port,
                "http://127.0.0.1:" + management,
                environment);
    }

    private void startAgents(List<String> bridges, String api)
            throws IOException, InterruptedException {
        AdminClient admin = new AdminClient(api + "/admin/api", tokens.admin());
        List<Child.Program> group = new ArrayList<>();
        for (int i = 0; i < options.agents(); i++) {
            String name = agentNames().get(i);
            Map<String, String> environment = new LinkedHashMap<>();
            environment.put("VIW_AGENT_BACKEND_URL", bridges.get(i % bridges.size()));
            environment.put("VIW_AGENT_AGENT_ID", name);
            environment.put("VIW_AGENT_SITE", "demo");
            environment.put("VIW_AGENT_COLLECT_INTERVAL", "5");
            environment.put("VIW_AGENT_FEATURE_EXEC_ENABLE", "true");
            environment.put("VIW_AGENT_ALLOWED_VERBS", demoVerbs());
            environment.put("VIW_AGENT_DATA_DIR", home.folder("agents/" + name).toString());
            Path scripts = home.folder("agents/" + name + "/scripts");
            programs.copyScripts(scripts);
            environment.put("VIW_AGENT_SCRIPTS_DIR", scripts.toString());
            Map<String, String> oneMore = new LinkedHashMap<>(environment);
            oneMore.put(
                    "VIW_AGENT_SHARED_SECRET_FILE",
                    home.root().resolve("run/shared_secret").toString());
            home.writePrivate("run/agent.json", RunFile.json(oneMore));
            environment.putAll(enrolment(name, api, admin));
            group.add(program("agent", name, environment));
        }
        children.start(group);
        if (!group.isEmpty()) {
            console.step("starting %s".formatted(String.join(", ", agentNames())));
        }
    }

    /** All but the one that ends a gateway's agent: with it everything here would end. */
    private static String demoVerbs() {
        return VerbCatalogue.standard().all().stream()
                .map(Verb::name)
                .filter(name -> !name.equals("shutdown_agent"))
                .collect(Collectors.joining(","));
    }

    /**
     * A key of the agent's own, which is what secrets are for (spec 2.1): without it anybody with
     * the shared secret could be the agent. It is kept beside what the agent keeps, so that it may
     * be installed anew; its join token is made once.
     */
    private Map<String, String> enrolment(String name, String api, AdminClient admin)
            throws IOException, InterruptedException {
        Path key = home.folder("keys/" + name).resolve("identity");
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("VIW_AGENT_IDENTITY_KEY_FILE", key.toString());
        environment.put("VIW_AGENT_ENROLL_URL", api + "/agent/enroll");
        if (!Files.exists(key)) {
            JsonNode made = admin.post("/enrollment-tokens", Map.of("agent_id", name));
            Path token =
                    home.writePrivate("run/join-" + name, made.path("token").asString() + "\n");
            environment.put("VIW_AGENT_ENROLL_TOKEN_FILE", token.toString());
        }
        return environment;
    }

    private Child.Program program(String kind, String name, Map<String, String> environment) {
        Map<String, String> all = new LinkedHashMap<>(environment);
        all.putAll(overrides.getOrDefault(kind, Map.of()));
        return new Child.Program(kind, name, home.freshLog(name), programs.of(kind), all);
    }

    private static String name(String kind, int number) {
        return number == 1 ? kind : kind + "-" + number;
    }

    /** For {@code curl -H @file}: a token on a command line can be read by others (ps). */
    private void header(String name, String token) {
        home.writePrivate(headerFile(name), "Authorization: Bearer " + token + "\n");
    }

    /** Where the header of a caller is: {@code admin, operator, viewer, bridge}. */
    static String headerFile(String name) {
        return "run/" + name + ".header";
    }

    /** Lines of {@code name role sha256}. */
    private String apiTokens() {
        return """
        embedded-admin admin %s
        embedded-operator operator %s
        embedded-viewer viewer %s
        """
                .formatted(
                        Secrets.sha256(tokens.admin()),
                        Secrets.sha256(tokens.operator()),
                        Secrets.sha256(tokens.viewer()));
    }

    private Map<String, Object> pids() {
        Map<String, Object> pids = new LinkedHashMap<>();
        children.serverPid("redis").ifPresent(pid -> pids.put("redis", pid));
        children.serverPid("postgres").ifPresent(pid -> pids.put("postgres", pid));
        for (String kind : OneService.KINDS) {
            pids.put(kind, processes(kind).stream().map(Child::pid).toList());
        }
        return pids;
    }
}
