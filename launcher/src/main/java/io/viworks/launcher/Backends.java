package io.viworks.launcher;

import io.viworks.backplane.RedisAcl;
import io.viworks.embedded.EmbeddedPostgres;
import io.viworks.embedded.EmbeddedRedis;
import io.viworks.schema.SchemaMigration;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The Redis and the Postgres of this start, with the logins each service gets: embedded ones unless
 * {@code VIW_REDIS_URL} and {@code VIW_JDBC_URL} name others.
 */
final class Backends {
    private static final int USUAL_REDIS_PORT = 6379;
    private static final int USUAL_POSTGRES_PORT = 5432;
    private static final String DATABASE = "viworks";
    private static final List<String> SERVICES =
            Stream.of(RedisAcl.Service.values()).map(RedisAcl.Service::user).toList();
    private static final List<String> WITH_DATABASE =
            List.of("telemetry-writer", "results-writer", "admin-api");

    private final Map<String, Map<String, String>> environments = new LinkedHashMap<>();
    private final @Nullable EmbeddedRedis redis;
    private final @Nullable EmbeddedPostgres postgres;
    private final String redisUrl;
    private final String jdbcUrl;

    private Backends(Home home, Ports ports, Children children, Console console)
            throws IOException {
        SERVICES.forEach(service -> environments.put(service, new LinkedHashMap<>()));
        @Nullable String givenRedis = System.getenv("VIW_REDIS_URL");
        if (givenRedis != null) {
            redis = null;
            redisUrl = givenRedis;
            environments.values().forEach(env -> env.put("VIW_REDIS_URL", givenRedis));
            console.step("Redis: the one VIW_REDIS_URL names");
        } else {
            String operator = Secrets.fresh();
            int port = ports.near(USUAL_REDIS_PORT);
            List<String> logins = new ArrayList<>(List.of("requirepass " + operator));
            for (RedisAcl.Service service : RedisAcl.Service.values()) {
                String password = Secrets.fresh();
                logins.add(RedisAcl.line(service, password));
                environmentOf(service.user())
                        .put("VIW_REDIS_URL", url(service.user(), password, port));
            }
            EmbeddedRedis server = EmbeddedRedis.start(home.folder("redis"), port, logins);
            children.add(
                    "redis", server.process(), home.root().resolve("redis/server.log"), server);
            redis = server;
            redisUrl = url("default", operator, server.port());
            console.step(
                    "Redis is up on port %d, with one user per service".formatted(server.port()));
        }
        Login owner;
        @Nullable String givenJdbc = System.getenv("VIW_JDBC_URL");
        if (givenJdbc != null) {
            postgres = null;
            jdbcUrl = givenJdbc;
            owner = new Login(environment("VIW_JDBC_USER"), environment("VIW_JDBC_PASSWORD"));
            console.step("Postgres: the one VIW_JDBC_URL names");
        } else {
            EmbeddedPostgres server =
                    EmbeddedPostgres.start(
                            home.openFolder("postgres"), ports.near(USUAL_POSTGRES_PORT), Map.of());
            children.add(
                    "postgres",
                    server.process(),
                    home.root().resolve("postgres/server.log"),
                    server);
            server.createDatabase(DATABASE);
            postgres = server;
            jdbcUrl = server.jdbcUrl(DATABASE);
            owner = new Login(server.user(), server.password());
            console.step("Postgres is up on port %d".formatted(server.port()));
        }
        migrate(owner);
        console.step("the schema is migrated, with one role per service");
    }

    /** A user and its password. */
    private record Login(String user, String password) {
        @Override
        public String toString() {
            return user;
        }
    }

    static Backends start(Home home, Ports ports, Children children, Console console)
            throws IOException {
        return new Backends(home, ports, children, console);
    }

    private void migrate(Login owner) {
        Map<String, String> passwords = new LinkedHashMap<>();
        for (String service : WITH_DATABASE) {
            String role = service.replace('-', '_');
            String password = Secrets.fresh();
            passwords.put(role, password);
            environmentOf(service)
                    .putAll(
                            Map.of(
                                    "VIW_JDBC_URL", jdbcUrl,
                                    "VIW_JDBC_USER", role,
                                    "VIW_JDBC_PASSWORD", password));
        }
        SchemaMigration.migrate(jdbcUrl, owner.user(), owner.password(), passwords);
    }

    private static String environment(String name) {
        return Optional.ofNullable(System.getenv(name)).orElse("");
    }

    private static String url(String user, String password, int port) {
        return "redis://" + user + ":" + password + "@127.0.0.1:" + port;
    }

    /** As an operator, not a service, reaches it. */
    String redisUrl() {
        return redisUrl;
    }

    /** Without a login. */
    String jdbcUrl() {
        return jdbcUrl;
    }

    Map<String, String> environmentOf(String service) {
        return Optional.ofNullable(environments.get(service)).orElseThrow();
    }

    EmbeddedRedis redis() {
        return Optional.ofNullable(redis).orElseThrow();
    }

    EmbeddedPostgres postgres() {
        return Optional.ofNullable(postgres).orElseThrow();
    }
}
