package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.testkit.TestPostgres;
import io.viworks.testkit.TestRedis;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

final class DirectoryTest {
    private static final TestRedis REDIS = TestRedis.start();
    private static final ApiServer API = ApiServer.start(TestPostgres.shared(), REDIS);

    @AfterAll
    static void stop() {
        API.close();
        REDIS.close();
    }

    private static String status(String agentId) {
        return bulk("HGET viw:dir:" + agentId + " status");
    }

    /** The length line of a bulk answer; {@code $-1} is none. */
    private static String bulk(String command) {
        return API.redis().command(command);
    }

    private static boolean exists(String key) {
        return API.redis().command("EXISTS " + key).equals(":1");
    }

    @Test
    void projectsAChangeWithinSecondsAndClearsItsFlag() {
        API.sql("insert into os_gateways (agent_id) values ('dir-new')");
        await().until(() -> exists("viw:dir:dir-new"));
        assertThat(status("dir-new")).isEqualTo("$6");
        await().until(() ->
                API.query("select dir_pending from os_gateways where agent_id = 'dir-new'")
                        .contains("f"));
        API.sql(
                """
                update os_gateways set status = 'decommissioned', dir_rev = dir_rev + 1,
                  dir_pending = true where agent_id = 'dir-new'
                """);
        await().until(() -> status("dir-new").equals("$14"));
    }

    @Test
    void comesBackByItselfAfterAFlush() {
        API.sql("insert into os_gateways (agent_id) values ('dir-kept')");
        await().until(() -> exists("viw:dir:dir-kept"));
        API.redis().flush();

        // Long before everything is written anyway, after 5 minutes.
        await().until(() -> exists("viw:dir:version") && exists("viw:dir:dir-kept"));
    }

    @Test
    void tellsBridgesOfCredentialsAndOfTheirRevocation() {
        API.sql(
                """
                insert into os_gateways (agent_id) values ('dir-key');
                insert into agent_credentials (agent_id, kind, key_id, public_key)
                values ('dir-key', 'ed25519', 'key-1', decode(repeat('ab', 32), 'hex'));
                """);
        await().until(() -> status("dir-key").equals("$6"));
        API.sql(
                """
                update agent_credentials set status = 'revoked', revoked_at = now()
                where agent_id = 'dir-key';
                update os_gateways set dir_rev = dir_rev + 1, dir_pending = true
                where agent_id = 'dir-key';
                """);
        await().until(() -> status("dir-key").equals("$7"));
    }

    @Test
    void writesTheVersionOnlyWhenEveryEntryIsThere() {
        API.sql(
                """
                insert into os_gateways (agent_id)
                select 'dir-many-' || to_char(n, 'FM0000') from generate_series(1, 1500) n
                """);
        String all =
                IntStream.rangeClosed(1, 1500)
                        .mapToObj("viw:dir:dir-many-%04d"::formatted)
                        .collect(Collectors.joining(" "));
        await().until(() -> API.redis().command("EXISTS " + all).equals(":1500"));
        API.redis().flush();
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> exists("viw:dir:version"));
        assertThat(API.redis().command("EXISTS " + all)).isEqualTo(":1500");
    }

    @Test
    void replacesAnEntryOnlyByAGreaterRevision() {
        API.sql("insert into os_gateways (agent_id) values ('dir-rev')");
        await().until(() -> exists("viw:dir:dir-rev"));
        API.redis().command("HSET viw:dir:dir-rev dir_rev 90 status revoked");
        API.sql(
                """
                update os_gateways set status = 'decommissioned', dir_rev = 89, dir_pending = true
                where agent_id = 'dir-rev'
                """);
        await().until(() ->
                API.query("select dir_pending from os_gateways where agent_id = 'dir-rev'")
                        .contains("f"));
        assertThat(status("dir-rev")).isEqualTo("$7");
        API.sql(
                """
                update os_gateways set dir_rev = 91, dir_pending = true where agent_id = 'dir-rev'
                """);
        await().until(() -> status("dir-rev").equals("$14"));
    }
}
