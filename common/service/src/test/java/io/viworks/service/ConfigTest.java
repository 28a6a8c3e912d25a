package io.viworks.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.util.unit.DataSize;

class ConfigTest {
    @Test
    void namesEveryMistakeAtOnceWithWhatWouldBeRight() {
        Config config =
                config(
                        Map.of(
                                "TEST_COUNT", "many",
                                "TEST_FLAG", "maybe",
                                "TEST_BIND", "nowhere",
                                "TEST_WAIT", "3 fortnights",
                                "TEST_SIZE", "9TB"));
        config.integer("TEST_COUNT", 1, 1, 10);
        config.flag("TEST_FLAG", true);
        config.address("TEST_BIND", "127.0.0.1:1");
        config.duration("TEST_WAIT", Duration.ZERO, Duration.ZERO, Duration.ofDays(1));
        config.size("TEST_SIZE", kilobytes(1), kilobytes(1), kilobytes(2));
        config.required("TEST_URL");

        assertThatThrownBy(config::verify)
                .isInstanceOfSatisfying(
                        BadConfiguration.class,
                        bad ->
                                assertThat(bad.mistakes())
                                        .containsExactly(
                                                "TEST_COUNT must be a whole number from 1 to 10;"
                                                        + " it is \"many\"",
                                                "TEST_FLAG must be true or false; it is \"maybe\"",
                                                "TEST_BIND must be host:port, such as"
                                                        + " 127.0.0.1:8082 or [::1]:8082; it is"
                                                        + " \"nowhere\"",
                                                "TEST_WAIT must be a duration from 0s to 1d,"
                                                        + " such as 30s; it is \"3 fortnights\"",
                                                "TEST_SIZE must be a size from 1KB to 2KB; it is"
                                                        + " \"9TB\"",
                                                "TEST_URL is missing"));
    }

    @Test
    void boundsAreSaidInTheUnitPeopleWouldTake() {
        Config config = config(Map.of("TEST_PAUSE", "1ms"));
        config.duration(
                "TEST_PAUSE", Duration.ofSeconds(1), Duration.ofMillis(100), Duration.ofDays(2));
        assertThatThrownBy(config::verify)
                .hasMessageContaining("must be a duration from 100ms to 2d, such as 30s");
    }

    @Test
    void aNameOfOursThatNobodyReadsIsAMistakeWithASuggestion() {
        Config config = config(Map.of("TEST_COUMT", "3", "OTHER_COUNT", "4"));
        config.owns("TEST_");
        config.integer("TEST_COUNT", 1, 1, 10);

        assertThatThrownBy(config::verify)
                .hasMessage("TEST_COUMT is not known; did you mean TEST_COUNT?");
    }

    @Test
    void aSecretComesFromItsValueOrItsFileButNotFromBoth(@TempDir Path dir) throws IOException {
        Path file = Files.writeString(dir.resolve("secret"), "from file\n");
        Config fromFile = config(Map.of("TEST_SECRET_FILE", file.toString()));
        assertThat(fromFile.secret("TEST_SECRET")).contains("from file");

        Config both = config(Map.of("TEST_SECRET", "x", "TEST_SECRET_FILE", file.toString()));
        assertThat(both.secret("TEST_SECRET")).isPresent();
        assertThatThrownBy(both::verify)
                .hasMessage("set either TEST_SECRET or TEST_SECRET_FILE, not both");

        Config missing = config(Map.of("TEST_SECRET_FILE", dir.resolve("no").toString()));
        assertThat(missing.secret("TEST_SECRET")).contains("");
        assertThatThrownBy(missing::verify).hasMessageContaining("TEST_SECRET_FILE cannot be read");
    }

    @Test
    void readsListsAndAddressesAndDefaults() {
        Config config = config(Map.of("TEST_LIST", " a, b*,,c ", "TEST_BIND", "[::1]:80"));
        assertThat(config.list("TEST_LIST")).containsExactly("a", "b*", "c");
        assertThat(config.list("TEST_NONE")).isEmpty();
        HostPort bind = config.address("TEST_BIND", "0.0.0.0:1");
        assertThat(bind).isEqualTo(new HostPort("::1", 80)).hasToString("[::1]:80");
        assertThat(bind.isLoopback()).isTrue();
        assertThat(config.address("TEST_OTHER", "0.0.0.0:8082").isLoopback()).isFalse();
        assertThatCode(config::verify).doesNotThrowAnyException();
    }

    private static DataSize kilobytes(long count) {
        return DataSize.ofKilobytes(count);
    }

    private static Config config(Map<String, Object> values) {
        StandardEnvironment environment = new StandardEnvironment();
        environment.getPropertySources().addFirst(new MapPropertySource("test", values));
        return new Config(environment, "test-service");
    }
}
