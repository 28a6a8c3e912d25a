package io.viworks.admin;

import io.viworks.service.Services;
import io.viworks.testkit.TestPostgres;
import io.viworks.testkit.TestRedis;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** admin-api as it runs, on ports of its own, and a caller for it. */
final class ApiServer implements AutoCloseable {
    static final String VIEWER = "viewer-token-0123456789abcdefghijklmnop";
    static final String OPERATOR = "operator-token-0123456789abcdefghijklm";
    static final String ADMIN = "admin-token-0123456789abcdefghijklmnopq";

    /** Operator of site berlin only. */
    static final String BERLIN = "berlin-token-0123456789abcdefghijklmnop";

    /** Operator who may only use echo. */
    static final String ECHO_ONLY = "echo-token-0123456789abcdefghijklmnopqr";

    static final String EXPIRED = "expired-token-0123456789abcdefghijklmno";

    /** How long a caller waits for an answer that must come. */
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static @Nullable ApiServer shared;

    private final HttpClient http =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(PATIENCE)
                    .build();
    private final ConfigurableApplicationContext context;
    private final TestPostgres.Database database;
    private final TestRedis redis;
    private final Path tokens;

    private ApiServer(
            ConfigurableApplicationContext context,
            TestPostgres.Database database,
            TestRedis redis,
            Path tokens) {
        this.context = context;
        this.database = database;
        this.redis = redis;
        this.tokens = tokens;
    }

    /** The one that tests share which break nothing. */
    static synchronized ApiServer shared() {
        if (shared == null) {
            shared = start(TestPostgres.shared(), TestRedis.start());
            Runtime.getRuntime().addShutdownHook(new Thread(shared::close));
        }
        return shared;
    }

    /** One of the test's own, on a new database of this server. */
    static ApiServer start(TestPostgres postgres, TestRedis redis, String... settings) {
        TestPostgres.Database database = postgres.database();
        limitedTokens(database);
        return on(database, redis, settings);
    }

    /** Another replica on the same database. */
    static ApiServer on(TestPostgres.Database database, TestRedis redis, String... settings) {
        TestPostgres.Database login = database.as("admin_api");
        Path tokens = tokensFile();
        List<String> args =
                new ArrayList<>(
                        List.of(
                                "--VIW_JDBC_URL=" + database.url(),
                                "--VIW_JDBC_USER=" + login.user(),
                                "--VIW_JDBC_PASSWORD=" + login.password(),
                                "--VIW_REDIS_URL=" + redis.url(),
                                "--VIW_API_TOKENS_FILE=" + tokens,
                                "--VIW_ADMIN_BIND=127.0.0.1:0",
                                "--VIW_MANAGEMENT_BIND=127.0.0.1:0",
                                "--AGENT_QUEUE_MAX=5"));
        if (Arrays.stream(settings).noneMatch(one -> one.startsWith("--VIW_API_FAILURE_RATE"))) {
            args.add("--VIW_API_FAILURE_RATE=100000"); // all tests come from one address
        }
        args.addAll(Arrays.asList(settings));
        ConfigurableApplicationContext context =
                Services.run(
                                "admin-api",
                                AdminApi.class,
                                AdminSettings.class,
                                AdminSettings::from,
                                args.toArray(String[]::new))
                        .orElseThrow();
        return new ApiServer(context, database, redis, tokens);
    }

    private static Path tokensFile() {
        try {
            Path file = Files.createTempFile("tokens", ".txt");
            Files.writeString(
                    file,
                    """
                    # name role sha256 [expires]
                    vera viewer %s
                    otto operator %s
                    anna admin %s 2099-01-01T00:00:00Z

                    emil admin %s 2020-01-01T00:00:00Z
                    """
                            .formatted(
                                    sha256(VIEWER),
                                    sha256(OPERATOR),
                                    sha256(ADMIN),
                                    sha256(EXPIRED)));
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void limitedTokens(TestPostgres.Database database) {
        execute(
                database,
                """
                insert into api_tokens (name, sha256, role, sites, verbs) values
                ('berta', '%s', 'operator', '{berlin}', null),
                ('echo', '%s', 'operator', null, '{echo}')
                """
                        .formatted(sha256(BERLIN), sha256(ECHO_ONLY)));
    }

    static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    int port() {
        return context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
    }

    int managementPort() {
        return context.getEnvironment().getRequiredProperty("local.management.port", Integer.class);
    }

    /** What is inside, for claims about how it is put together. */
    <T> T part(String name, Class<T> type) {
        return context.getBean(name, type);
    }

    TestRedis redis() {
        return redis;
    }

    TestPostgres.Database database() {
        return database;
    }

    /** Waits until tokens are read: before that everybody is answered 503. */
    ApiServer ready() {
        Awaitility.await().until(() -> get("/admin/api/gateways?limit=1", VIEWER).status() == 200);
        return this;
    }

    Answer get(String path, @Nullable String token) {
        return send(request(path, token).GET());
    }

    Answer post(String path, @Nullable String token, String body, String... headers) {
        HttpRequest.Builder request = request(path, token);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return send(
                request.header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    HttpRequest.Builder request(String path, @Nullable String token) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
                        .timeout(PATIENCE);
        return token == null ? request : request.header("Authorization", "Bearer " + token);
    }

    Answer management(String path) {
        return send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + managementPort() + path))
                        .timeout(PATIENCE));
    }

    Answer send(HttpRequest.Builder request) {
        return send(request, HttpResponse.BodyHandlers.ofString());
    }

    /** Sends what may be answered by a stream of events: of one it counts that it has begun. */
    Answer begin(HttpRequest.Builder request) {
        return send(request, ApiServer::wholeOrBegun);
    }

    private Answer send(HttpRequest.Builder request, HttpResponse.BodyHandler<String> bodyHandler) {
        try {
            HttpRequest asked = request.build();
            HttpResponse<String> response = http.send(asked, bodyHandler);
            if (asked.uri().getPort() == port()) {
                Observations.all()
                        .add(
                                asked.method(),
                                asked.uri().getRawPath(),
                                response.statusCode(),
                                response.headers(),
                                response.body());
            }
            return new Answer(response.statusCode(), response.headers(), response.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** The body; of a stream of events, which has no end, that it has begun. */
    private static HttpResponse.BodySubscriber<String> wholeOrBegun(
            HttpResponse.ResponseInfo answer) {
        String type = answer.headers().firstValue("Content-Type").orElse("");
        return type.startsWith("text/event-stream")
                ? new Begun()
                : HttpResponse.BodySubscribers.ofString(StandardCharsets.UTF_8);
    }

    /** Ends a stream as soon as it has begun. */
    private static final class Begun implements HttpResponse.BodySubscriber<String> {
        @Override
        public CompletionStage<String> getBody() {
            return CompletableFuture.completedStage("");
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.cancel();
        }

        @Override
        public void onNext(List<ByteBuffer> item) {}

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onComplete() {}
    }

    /** Runs statements as the owner of the database. */
    void sql(String statements) {
        execute(database, statements);
    }

    /** The first column of every row, as text. */
    List<String> query(String sql) {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> values = new ArrayList<>();
            while (rows.next()) {
                values.add(String.valueOf(rows.getString(1)));
            }
            return values;
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    private static void execute(TestPostgres.Database database, String statements) {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(statements);
        } catch (SQLException e) {
            throw new IllegalStateException(statements, e);
        }
    }

    @Override
    public void close() {
        context.close();
        try {
            Files.deleteIfExists(tokens);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An answer. */
    record Answer(int status, HttpHeaders headers, String body) {
        JsonNode json() {
            return JSON.readTree(body);
        }

        String code() {
            return json().path("code").asString("");
        }

        String header(String name) {
            return headers.firstValue(name).orElse("");
        }
    }
}
