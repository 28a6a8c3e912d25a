package io.viworks.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

final class PostgresTest {
    @Test
    void handsTheLoginToTheDataSource() {
        Config config =
                config(
                        Map.of(
                                "VIW_JDBC_URL", "jdbc:postgresql://db:5432/viw",
                                "VIW_JDBC_PASSWORD", "s3cret"));
        Postgres.from(config, "admin_api");
        assertThat(config.springProperties())
                .containsEntry("spring.datasource.url", "jdbc:postgresql://db:5432/viw")
                .containsEntry("spring.datasource.username", "admin_api")
                .containsEntry("spring.datasource.password", "s3cret");
    }

    @Test
    void plansEachStatementOfABatchForTheTablesAsTheyAre() {
        Config config = config(Map.of("VIW_JDBC_URL", "jdbc:postgresql://db:5432/viw"));
        Postgres.forBatches(config, "telemetry_writer");
        assertThat(config.springProperties())
                .containsEntry("spring.datasource.url", "jdbc:postgresql://db:5432/viw")
                .containsEntry(
                        "spring.datasource.hikari.connection-init-sql",
                        "set plan_cache_mode = force_custom_plan");
    }

    @Test
    void keepsPlansForRowsFoundByTheirKeysAndNoneThatReadsATableWhole() {
        Config config = config(Map.of("VIW_JDBC_URL", "jdbc:postgresql://db:5432/viw"));
        Postgres.forKeyedRows(config, "results_writer");
        assertThat(config.springProperties())
                .containsEntry("spring.datasource.url", "jdbc:postgresql://db:5432/viw")
                .containsEntry(
                        "spring.datasource.hikari.connection-init-sql",
                        "set plan_cache_mode = force_generic_plan; set enable_seqscan = off");
    }

    @Test
    void takesEveryFormOfAnAddress() {
        for (String url :
                List.of(
                        "jdbc:postgresql://db/viw",
                        "jdbc:postgresql://[::1]:5432/viw",
                        "jdbc:postgresql://a:1,b:2/viw?targetServerType=primary&sslmode=require")) {
            Config config = config(Map.of("VIW_JDBC_URL", url));
            Postgres.from(config, "admin_api");
            assertThatCode(config::verify).as(url).doesNotThrowAnyException();
        }
    }

    @Test
    void namesWhatWouldBeRightWithoutTheValueWhichMayHoldAPassword() {
        for (String url :
                List.of(
                        "http://u:geheim@db/viw",
                        "jdbc:postgresql://u:geheim@db:5432/viw",
                        "jdbc:postgresql://db:5432/viw?user=u&password=geheim",
                        "jdbc:postgresql://db:99999/viw",
                        "jdbc:postgresql://db:5432",
                        "jdbc:mysql://db/viw")) {
            Config config = config(Map.of("VIW_JDBC_URL", url));
            Postgres.from(config, "admin_api");
            assertThatThrownBy(config::verify)
                    .as(url)
                    .hasMessageContaining("VIW_JDBC_URL must be jdbc:postgresql://")
                    .hasMessageNotContaining("geheim");
        }
        Config missing = config(Map.of());
        Postgres.from(missing, "admin_api");
        assertThatThrownBy(missing::verify).hasMessageContaining("VIW_JDBC_URL is missing");
    }

    private static Config config(Map<String, Object> values) {
        StandardEnvironment environment = new StandardEnvironment();
        environment.getPropertySources().addFirst(new MapPropertySource("test", values));
        return new Config(environment, "test-service");
    }
}
