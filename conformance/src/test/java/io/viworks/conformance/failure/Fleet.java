package io.viworks.conformance.failure;

import io.viworks.launcher.Child;
import io.viworks.launcher.Console;
import io.viworks.launcher.Home;
import io.viworks.launcher.Options;
import io.viworks.launcher.Programs;
import io.viworks.launcher.RunFile;
import io.viworks.launcher.Stack;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * The whole product as real processes, behind a balancer of the suite's own: two bridges, two
 * writers of each kind, one API, and gateways whose script testifies.
 */
final class Fleet implements AutoCloseable {
    static final int GATEWAYS = 20;

    /** Both graces, so that what cannot be known ends within the suite's patience. */
    static final Duration GRACE = Duration.ofSeconds(30);

    private final Home home;
    private final Path folder;
    private final Stack stack;
    private final RunFile run;
    private final Balancer balancer;
    private final Witness witness;
    private final Elsewhere elsewhere;

    private Fleet(
            Home home,
            Path folder,
            Stack stack,
            RunFile run,
            Balancer balancer,
            Witness witness,
            Elsewhere elsewhere) {
        this.home = home;
        this.folder = folder;
        this.stack = stack;
        this.run = run;
        this.balancer = balancer;
        this.witness = witness;
        this.elsewhere = elsewhere;
    }

    /** Starts it in a folder, which is emptied, from the jars of a checkout. */
    static Fleet start(Path folder, Path checkout, int gateways) throws Exception {
        return start(folder, checkout, gateways, 1);
    }

    /** The same with several APIs. */
    static Fleet start(Path folder, Path checkout, int gateways, int apis) throws Exception {
        return start(folder, checkout, gateways, apis, Elsewhere.NOWHERE);
    }

    /** Stores that are not the launcher's own. */
    interface Elsewhere {
        Elsewhere NOWHERE =
                new Elsewhere() {
                    @Override
                    public Map<String, String> environmentOf(String service) {
                        return Map.of();
                    }

                    @Override
                    public Optional<Connection> database() {
                        return Optional.empty();
                    }
                };

        /** Where a service is to look for them. */
        Map<String, String> environmentOf(String service);

        /** The database as its owner, when it is not the launcher's. */
        Optional<Connection> database() throws SQLException;
    }

    /** The same on other stores. */
    static Fleet start(Path folder, Path checkout, int gateways, int apis, Elsewhere elsewhere)
            throws Exception {
        Home home = Home.open(folder, true);
        Balancer balancer = Balancer.start();
        Witness witness =
                Witness.in(
                        folder.resolve("scripts").toAbsolutePath(),
                        folder.resolve("witness.log").toAbsolutePath());
        Map<String, String> graces =
                Map.of(
                        "VIW_OUTCOME_GRACE",
                        GRACE.toSeconds() + "s",
                        "VIW_OUTCOME_GRACE_PLAIN",
                        GRACE.toSeconds() + "s",
                        "VIW_RESEND_LONGEST_PAUSE",
                        "5s",
                        "VIW_RESEND_FIRST_PAUSE",
                        "1s");
        Map<String, Map<String, String>> overrides =
                Map.of(
                        "results-writer", with(graces, elsewhere.environmentOf("results-writer")),
                        "telemetry-writer", elsewhere.environmentOf("telemetry-writer"),
                        "agent-bridge", elsewhere.environmentOf("agent-bridge"),
                        "admin-api",
                                with(
                                        Map.of("VIW_OUTCOME_GRACE", GRACE.toSeconds() + "s"),
                                        elsewhere.environmentOf("admin-api")),
                        "agent",
                                Map.of(
                                        "VIW_AGENT_BACKEND_URL",
                                        "ws://127.0.0.1:" + balancer.port() + "/agent/ws",
                                        "VIW_AGENT_SCRIPTS_DIR",
                                        folder.resolve("scripts").toAbsolutePath().toString(),
                                        "VIW_AGENT_COLLECT_INTERVAL",
                                        "30"));
        Stack stack =
                new Stack(
                        new Options(false, true, 2, 2, 2, apis, gateways),
                        home,
                        new Console(System.out),
                        new Programs(checkout),
                        overrides);
        RunFile run = stack.start();
        balancer.to(run.bridges().stream().map(url -> URI.create(url).getPort()).toList());
        return new Fleet(home, folder, stack, run, balancer, witness, elsewhere);
    }

    private static Map<String, String> with(Map<String, String> one, Map<String, String> other) {
        Map<String, String> both = new HashMap<>(one);
        both.putAll(other);
        return both;
    }

    List<String> gateways() {
        return stack.agentNames();
    }

    /** The API's base and an operator's token. */
    Api api() {
        return new Api(run.adminApis().getFirst(), run.tokens().operator());
    }

    /** The bases of all APIs. */
    List<String> apis() {
        return run.adminApis();
    }

    /** The token of an operator. */
    String operatorToken() {
        return run.tokens().operator();
    }

    String sharedSecret() {
        return run.tokens().sharedSecret();
    }

    /** The socket of the first bridge, past the balancer. */
    String bridge() {
        return run.bridges().getFirst();
    }

    /** The first bridge's own endpoints. */
    String bridgeOps() {
        return run.bridgeOps().getFirst();
    }

    String bridgeAdminToken() {
        return run.tokens().bridgeAdmin();
    }

    Witness witness() {
        return witness;
    }

    Balancer balancer() {
        return balancer;
    }

    Stack stack() {
        return stack;
    }

    /** Processes of a kind: {@code agent-bridge}, {@code agent}, … */
    List<Child> all(String kind) {
        return stack.processes(kind);
    }

    void signal(Child child, String name) {
        try {
            int rc =
                    new ProcessBuilder("kill", "-" + name, String.valueOf(child.pid()))
                            .inheritIO()
                            .start()
                            .waitFor();
            if (rc != 0) {
                throw new IllegalStateException("kill -" + name + " ended with " + rc);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Another machine that says it is this gateway: another installation of the same id. */
    Child twin(Child agent) {
        return another(
                agent,
                "twin-of-" + agent.name(),
                Map.of("VIW_AGENT_DATA_DIR", folder.resolve("twin-of-" + agent.name()).toString()));
    }

    /** The same installation with a clock that is an hour ahead; the first one does not run. */
    Child anHourAhead(Child agent, Path libfaketime) {
        return another(
                agent,
                agent.name() + "-ahead",
                Map.of(
                        "LD_PRELOAD", libfaketime.toString(),
                        "FAKETIME", "+1h",
                        "FAKETIME_DONT_FAKE_MONOTONIC", "1",
                        "FAKETIME_DONT_RESET", "1"));
    }

    private Child another(Child agent, String name, Map<String, String> settings) {
        try {
            return stack.startAnother(agent, name, settings);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Says to the ledger's readers that this gateway is no clone. */
    void clearClone(String gateway) throws SQLException {
        try (Connection connection = database();
                var statement =
                        connection.prepareStatement(
                                "update os_gateways set clone_suspected = false"
                                        + " where agent_id = ?")) {
            statement.setString(1, gateway);
            int _ = statement.executeUpdate();
        }
    }

    /** A server that can be started again where it was. */
    interface Server {
        void startAgain() throws IOException;
    }

    void startAgain(Server server) {
        try {
            server.startAgain();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void restart(Child ended) {
        try {
            Child _ = stack.restart(ended);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Takes away what a gateway keeps, as a new installation does. Its agent does not run. */
    void reinstall(Child agent) {
        Path data = folder.resolve("agents").resolve(agent.name());
        try {
            Files.walkFileTree(
                    data,
                    new SimpleFileVisitor<>() {
                        @Override
                        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                                throws IOException {
                            Files.delete(file);
                            return FileVisitResult.CONTINUE;
                        }
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One command to Redis, as its operator; answers the first line. */
    String redis(String command) {
        URI url = URI.create(run.redis());
        String password = url.getUserInfo().substring(url.getUserInfo().indexOf(':') + 1);
        try (Socket socket = new Socket(url.getHost(), url.getPort());
                BufferedReader in =
                        new BufferedReader(
                                new InputStreamReader(
                                        socket.getInputStream(), StandardCharsets.UTF_8))) {
            socket.getOutputStream()
                    .write(
                            ("AUTH " + password + "\r\n" + command + "\r\n")
                                    .getBytes(StandardCharsets.UTF_8));
            String auth = in.readLine();
            if (!"+OK".equals(auth)) {
                throw new IllegalStateException("Redis says " + auth);
            }
            return String.valueOf(in.readLine());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The number in a reply of {@link #redis}. */
    static long count(String reply) {
        return Long.parseLong(reply.substring(1));
    }

    /** The database as its owner. */
    Connection database() throws SQLException {
        Optional<Connection> other = elsewhere.database();
        return other.isPresent() ? other.get() : own();
    }

    private Connection own() throws SQLException {
        return DriverManager.getConnection(
                run.jdbcUrl(), stack.postgres().user(), stack.postgres().password());
    }

    /** Waits until so many gateways are connected by the API's word. */
    void awaitConnected(int count, Duration patience) {
        Awaitility.await("connected gateways")
                .atMost(patience)
                .pollInterval(Duration.ofMillis(500))
                .ignoreExceptions()
                .until(() -> connected() >= count);
    }

    long connected() throws SQLException {
        return number("select count(*) from os_gateways where status = 'connected'");
    }

    /** The one number a query answers. */
    long number(String query) throws SQLException {
        try (Connection connection = database();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(query)) {
            return rows.next() ? rows.getLong(1) : 0;
        }
    }

    @Override
    public void close() {
        @Nullable RuntimeException failure = null;
        try {
            stack.close();
        } catch (RuntimeException e) {
            failure = e;
        }
        balancer.close();
        home.close();
        if (failure != null) {
            throw failure;
        }
    }
}
