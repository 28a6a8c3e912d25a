package io.viworks.conformance.secrecy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.launcher.Child;
import io.viworks.protocol.Bytes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * A gateway enrols, and {@code create_openvpn_user} is run with marked secrets by a script that
 * tells them in every way it knows; processes are killed in between. Then everything there is is
 * searched: the markers occur nowhere. A marker that is no secret takes the same way and is found,
 * so the search can find (spec 4, "Secrets").
 */
class SecretsNowhereTest {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String LETTERS =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private final String userpass = letters(20) + "/+&= %'" + letters(20);
    private final String key = letters(90) + "+/" + letters(90) + "==";
    private final String hmacKey = letters(64);
    private final String planted = letters(40);
    private final Markers secrets =
            new Markers(Map.of("userpass", userpass, "key", key, "hmac_key", hmacKey));
    private final Markers plant = new Markers(Map.of("planted", planted));

    private static String letters(int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(LETTERS.charAt(RANDOM.nextInt(LETTERS.length())));
        }
        return text.toString();
    }

    /** Tells its secrets; ends with 3 for {@code fails…}, waits to be let go for {@code waits…}. */
    private static Path script(Path folder) throws Exception {
        Path file = Files.createDirectory(folder.resolve("scripts")).resolve("create_openvpn_user");
        Files.writeString(
                file,
                """
                #!/bin/sh
                cd "$(dirname -- "$0")"
                IFS= read -r line
                member() { rest=${line#*\\"$1\\":\\"}; value=${rest%%\\"*}; }
                url() {
                    s=$1
                    while [ -n "$s" ]; do
                        c=${s%"${s#?}"}
                        s=${s#?}
                        case $c in
                            [A-Za-z0-9._~-]) printf %s "$c" ;;
                            *) printf %%%02X "'$c" ;;
                        esac
                    done
                    echo
                }
                tell() {
                    printf 'plain %s.\\n' "$1"
                    printf 'json {"%s": "%s"}\\n' it "$1"
                    printf 'base64 '; printf %s "$1" | base64
                    printf 'inside '; printf 'user:%s:more' "$1" | base64
                    printf 'one line '; printf %s "$1" | base64 -w 0; echo
                    printf 'folded '; printf %s "$1" | fold -w 30; echo
                    printf 'hex '; printf %s "$1" | od -An -v -tx1 | tr -d ' \\n'; echo
                    printf 'url '; url "$1"
                    head=${1%"${1#??????????}"}
                    printf 'two writes %s' "$head"; sleep 0.3; printf '%s\\n' "${1#"$head"}"
                }
                for name in userpass key hmac_key; do
                    member "$name"
                    tell "$value"
                    tell "$value" >&2
                done
                echo told >"told.$1"
                case $1 in
                    fails*) echo "cannot use $value" >&2; exit 3 ;;
                    waits*) head=${value%????????}
                            printf 'half a secret: %s' "$head"
                            while [ ! -e "go.$1" ]; do sleep 0.1; done
                            printf '%s and half\\n' "${value#"$head"}" ;;
                esac
                echo "created $1"
                """);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return folder.resolve("scripts");
    }

    private Map<String, Object> user(String name) {
        return Map.of(
                "username", name,
                "userpass", userpass,
                "source_ip", "192.0.2.7",
                "key", key,
                "hmac_key", hmacKey,
                "timeout", 60);
    }

    @Test
    void secretsAreNowhere(@TempDir Path folder) throws Exception {
        Path scripts = script(folder);
        try (Suite suite = Suite.start(folder, scripts);
                RedisTap redis = new RedisTap(suite.redisUrl());
                ProcessTap processes = new ProcessTap(secrets)) {
            String gateway = suite.gateways().getFirst();
            suite.gateways().forEach(name -> suite.awaitStatus(name, "connected"));
            await().atMost(Duration.ofSeconds(30))
                    .until(() ->
                            suite.one(
                                            "select count(*) from agent_credentials where status = 'active'")
                                    .equals("2"));
            Run run = new Run(suite, scripts, gateway);

            run.succeedsAndFails();
            run.survivesABridgeAndAnAgent();
            run.waitsAndIsCancelled(redis);

            assertThat(processes.looks()).isGreaterThan(100);
            assertThat(processes.found()).isEmpty();
            assertThat(places(suite, redis, run.ids, secrets)).isEmpty();
            findsWhatIsPlanted(suite, redis, gateway, run.ids);
        }
    }

    /** What is done with the secrets. */
    private final class Run {
        private final Suite suite;
        private final Path scripts;
        private final String gateway;
        private final List<String> ids = new ArrayList<>();

        Run(Suite suite, Path scripts, String gateway) {
            this.suite = suite;
            this.scripts = scripts;
            this.gateway = gateway;
        }

        private String create(String name) throws Exception {
            String answer = suite.command(gateway, "create_openvpn_user", user(name));
            assertThat(secrets.in(answer)).isEmpty();
            String id = Suite.id(answer);
            ids.add(id);
            return id;
        }

        private JsonNode ended(String id) {
            return suite.ended(gateway, id);
        }

        void succeedsAndFails() throws Exception {
            JsonNode made = ended(create("eve"));
            assertThat(made.path("state").asString()).as(made.toString()).isEqualTo("SUCCEEDED");
            assertThat(made.at("/parameters/key").asString()).isEqualTo("***");
            String out = made.at("/results/0/stdout").asString();
            assertThat(out)
                    .contains("plain ***.", "json {\"it\": \"***\"}", "base64 ***", "url ***")
                    .contains("hex ***", "folded ***", "two writes ***", "created eve");
            assertThat(made.at("/results/0/data/username").asString()).isEqualTo("eve");
            JsonNode failed = ended(create("fails"));
            assertThat(failed.path("state").asString()).isEqualTo("FAILED");
            assertThat(failed.at("/results/0/stderr").asString()).contains("cannot use ***");
        }

        void survivesABridgeAndAnAgent() throws Exception {
            String atTheBridge = create("waits-for-the-bridge");
            awaitTold("waits-for-the-bridge");
            Child bridge = suite.process("agent-bridge", "agent-bridge");
            bridge.kill();
            letGo("waits-for-the-bridge");
            suite.restart(bridge);
            assertThat(ended(atTheBridge).path("state").asString()).isEqualTo("SUCCEEDED");

            String atTheAgent = create("waits-for-the-agent");
            awaitTold("waits-for-the-agent");
            Child agent = suite.process("agent", gateway);
            agent.kill();
            suite.restart(agent);
            assertThat(ended(atTheAgent).path("state").asString()).isEqualTo("OUTCOME_UNKNOWN");
        }

        private void awaitTold(String name) {
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> Files.exists(scripts.resolve("told." + name)));
        }

        private void letGo(String name) throws Exception {
            Files.writeString(scripts.resolve("go." + name), "");
        }

        /** Sealed while it waits, not any more at its end; and to nobody when it is moved. */
        void waitsAndIsCancelled(RedisTap redis) throws Exception {
            suite.awaitStatus(gateway, "connected");
            Child agent = suite.process("agent", gateway);
            agent.kill();
            suite.awaitStatus(gateway, "disconnected");
            String id = create("later");
            byte[] sealed = HexFormat.of().parseHex(column(id, "encode(sealed, 'hex')"));
            assertThat(sealed).hasSizeGreaterThan(500);
            assertThat(column(id, "coalesce(envelope::text, jws, 'none')")).isEqualTo("none");
            assertThat(places(suite, redis, ids, secrets)).isEmpty();

            String other = suite.gateways().getLast();
            redis.redis().xadd("viw.commands", moved(redis, other, sealed));
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> deadLetters(), letters -> letters.contains(other));
            assertThat(deadLetters())
                    .contains("was not sealed for this command", "bytes, not shown");

            suite.restart(agent);
            assertThat(ended(id).path("state").asString()).isEqualTo("SUCCEEDED");
            for (String one : ids) {
                assertThat(column(one, "coalesce(sealed, envelope)")).isEqualTo("null");
            }
        }

        private String column(String id, String column) throws Exception {
            return suite.one(
                    "select %s from agent_commands where correlation_id = '%s'"
                            .formatted(column, id));
        }

        private String deadLetters() throws Exception {
            StringBuilder all = new StringBuilder();
            for (JsonNode stream : suite.get("/dead-letters").path("items")) {
                all.append(suite.get("/dead-letters/" + stream.path("stream").asString()));
            }
            return all.toString();
        }

        private Map<String, byte[]> moved(RedisTap redis, String to, byte[] sealed) {
            String info = redis.redis().info("server");
            String run = info.replaceAll("(?s).*run_id:(\\w+).*", "$1");
            String life = run + ":" + Bytes.of(redis.redis().get("viw:life")).utf8();
            Map<String, byte[]> fields = new LinkedHashMap<>();
            Map.of(
                            "v",
                            "1",
                            "kind",
                            "COMMAND",
                            "agent_id",
                            to,
                            "ts",
                            Instant.now().toString(),
                            "correlation_id",
                            UUID.randomUUID().toString(),
                            "attempt",
                            "1",
                            "life",
                            life)
                    .forEach((name, value) -> fields.put(name, Bytes.utf8(value).array()));
            fields.put("sealed", sealed);
            return fields;
        }
    }

    /** The places where one of the markers is. */
    private static Set<String> places(
            Suite suite, RedisTap redis, List<String> ids, Markers markers) throws Exception {
        Set<String> places = new TreeSet<>();
        look("file ", suite.files(), markers, places);
        look("table ", suite.tables(), markers, places);
        look("redis ", redis.keys(), markers, places);
        look("redis ", Map.of("monitor", redis.said()), markers, places);
        look("answer ", suite.answers(ids), markers, places);
        return places;
    }

    private static void look(
            String kind, Map<String, byte[]> contents, Markers markers, Set<String> places) {
        assertThat(contents).isNotEmpty();
        contents.forEach((name, content) ->
                markers.in(content).forEach(found -> places.add(kind + name + ": " + found)));
    }

    /** What is no secret goes the same way, and is seen wherever a secret would have been. */
    private void findsWhatIsPlanted(Suite suite, RedisTap redis, String gateway, List<String> ids)
            throws Exception {
        String id = Suite.id(suite.command(gateway, "echo", Map.of("message", planted)));
        assertThat(suite.ended(gateway, id).path("state").asString()).isEqualTo("SUCCEEDED");
        byte[] base64 =
                Base64.getMimeEncoder(20, new byte[] {'\n'})
                        .encode(("x:" + planted).getBytes(StandardCharsets.UTF_8));
        Files.write(suite.homeFolder().resolve("logs/planted.log"), base64);
        redis.redis()
                .set(
                        "planted:string",
                        HexFormat.of().formatHex(utf8()).getBytes(StandardCharsets.US_ASCII));
        redis.redis().hset("planted:hash", "field", utf8());
        redis.redis().rpush("planted:list", utf8());
        redis.redis().sadd("planted:set", utf8());
        redis.redis().zadd("planted:zset", 1, utf8());
        redis.redis().xadd("planted:stream", Map.of("field", utf8()));
        suite.sql("create table planted (b bytea)");
        suite.sql("insert into planted values (convert_to('%s', 'UTF8'))".formatted(planted));

        List<String> all = new ArrayList<>(ids);
        all.add(id);
        Set<String> places = places(suite, redis, all, plant);

        for (String expected :
                List.of(
                        "file logs/planted.log",
                        "file agents/" + gateway,
                        "file postgres/server.log",
                        "file redis/",
                        "table public.agent_commands:",
                        "table public.agent_command_results:",
                        "table public.planted",
                        "redis planted:string",
                        "redis planted:hash",
                        "redis planted:list",
                        "redis planted:set",
                        "redis planted:zset",
                        "redis planted:stream",
                        "redis monitor",
                        "answer ")) {
            assertThat(places).as(expected).anyMatch(place -> place.startsWith(expected));
        }
        findsWhatAProcessIsTold();
    }

    private byte[] utf8() {
        return planted.getBytes(StandardCharsets.UTF_8);
    }

    private void findsWhatAProcessIsTold() throws Exception {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", "read x; : " + planted);
        builder.environment().put("PLANTED", planted);
        Process told = builder.start();
        try (ProcessTap tap = new ProcessTap(plant)) {
            await().until(
                            () -> tap.found(),
                            found ->
                                    found.containsAll(
                                            Set.of("planted in cmdline", "planted in environ")));
        } finally {
            told.destroy();
        }
    }
}
