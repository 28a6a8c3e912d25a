package io.viworks.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

class RedisUrlTest {
    @Test
    void aPasswordKeptApartIsPutIn() {
        assertThat(
                        RedisUrl.from(
                                config(
                                        Map.of(
                                                "VIW_REDIS_URL", "redis://admin-api@redis:6379/0",
                                                "VIW_REDIS_PASSWORD", "p@s/s"))))
                .isEqualTo("redis://admin-api:p%40s%2Fs@redis:6379/0");
        assertThat(RedisUrl.from(config(Map.of("VIW_REDIS_URL", "redis://u:p@redis:1"))))
                .isEqualTo("redis://u:p@redis:1");
    }

    @Test
    void twoPasswordsOrAnotherSchemeAreAMistake() {
        for (String url : new String[] {"redis://u:p@redis:1", "http://redis", "redis"}) {
            Config config = config(Map.of("VIW_REDIS_URL", url, "VIW_REDIS_PASSWORD", "x"));
            RedisUrl.from(config);
            assertThatThrownBy(config::verify).hasMessageContaining("VIW_REDIS_URL must be");
        }
    }

    @Test
    void aPortThatIsNoneIsAMistake() {
        Config config = config(Map.of("VIW_REDIS_URL", "redis://127.0.0.1:99999"));
        RedisUrl.from(config);
        assertThatThrownBy(config::verify).hasMessageContaining("VIW_REDIS_URL must be");
    }

    @Test
    void sentinelsAreNamedBehindTheirMastersName() {
        String url = "redis-sentinel://results-writer@s1:26379,s2,[::1]:26381#viw";
        assertThat(RedisUrl.from(config(Map.of("VIW_REDIS_URL", url, "VIW_REDIS_PASSWORD", "a b"))))
                .isEqualTo("redis-sentinel://results-writer:a%20b@s1:26379,s2,[::1]:26381#viw");
        for (String wrong :
                new String[] {
                    "redis-sentinel://s1:26379,s2:26379",
                    "redis-sentinel://s1:26379,s2:99999#viw",
                    "redis-cluster://s1:26379",
                    "redis://s1:6379,s2:6379"
                }) {
            Config config = config(Map.of("VIW_REDIS_URL", wrong));
            RedisUrl.from(config);
            assertThatThrownBy(config::verify)
                    .hasMessageContaining("redis-sentinel://")
                    .hasMessageContaining("Cluster is not supported");
        }
    }

    private static Config config(Map<String, Object> values) {
        StandardEnvironment environment = new StandardEnvironment();
        environment.getPropertySources().addFirst(new MapPropertySource("test", values));
        return new Config(environment, "test-service");
    }
}
