package io.viworks.backplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.viworks.embedded.EmbeddedRedis;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ACL file says the rules of the services, and no password. */
class RedisAclFileTest {
    @Test
    void passwordsStandThereAsDigests() {
        for (RedisAcl.Service service : RedisAcl.Service.values()) {
            String line = RedisAclFile.line(service, "0123456789abcdef");
            assertThat(line)
                    .startsWith("user " + service.user() + " reset on #")
                    .contains("#9f9f5111f7b27a781f1f1ddde5ebc2dd2b796bfc7365c9c28b548e564176929f ")
                    .doesNotContain("0123456789abcdef", ">");
        }
    }

    @Test
    void whatScriptsWroteIsThereAfterARestartThoughNobodyComesInWithoutALogin(@TempDir Path folder)
            throws Exception {
        Path acl = folder.resolve("users.acl");
        Files.write(acl, List.of(RedisAclFile.NOBODY, "user operator on >secret ~* &* +@all"));
        try (EmbeddedRedis redis =
                EmbeddedRedis.start(folder.resolve("data"), 0, List.of("aclfile " + acl))) {
            String nobody = "redis://127.0.0.1:" + redis.port();
            String operator = "redis://operator:secret@127.0.0.1:" + redis.port();
            String two = "redis.call('SET', KEYS[1], 'x') redis.call('SET', KEYS[2], 'y') return 1";
            assertThat(ask(operator, two)).isEqualTo(1L);
            redis.stop();
            redis.startAgain();
            assertThat(ask(operator, "return redis.call('EXISTS', KEYS[1], KEYS[2])"))
                    .isEqualTo(2L);
            assertThatThrownBy(() -> ask(nobody, "return 1")).hasStackTraceContaining("NOAUTH");
        }
    }

    private static Object ask(String url, String script) {
        RedisClient client = RedisClient.create(url);
        try (StatefulRedisConnection<String, String> connection = client.connect()) {
            return connection.sync().eval(script, ScriptOutputType.INTEGER, "one", "two");
        } finally {
            client.shutdown();
        }
    }
}
