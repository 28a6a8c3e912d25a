package io.viworks.admin;

import io.viworks.admin.redis.RedisAddress;
import io.viworks.admin.token.TokenLine;
import io.viworks.admin.token.TokensToStore;
import io.viworks.service.Config;
import io.viworks.service.HostPort;
import io.viworks.service.RedisUrl;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What can be configured of admin-api.
 *
 * @param redis where Redis is
 * @param tokens bearer tokens to put into the database at the start
 * @param queueMax commands that may wait for one gateway; one more is answered 429
 * @param secretsOnSharedSecret whether secret arguments may go to gateways that still use the
 *     shared bootstrap secret
 * @param staleAfter a gateway whose last telemetry is older is shown as stale
 */
public record AdminSettings(
        RedisAddress redis,
        TokensToStore tokens,
        int queueMax,
        boolean secretsOnSharedSecret,
        Duration staleAfter) {

    /** Reads the settings and hands Spring its own. */
    public static AdminSettings from(Config config) {
        config.owns("VIW_ADMIN_");
        HostPort bind = config.address("VIW_ADMIN_BIND", "127.0.0.1:8081");
        config.spring("server.address", bind.host());
        config.spring("server.port", bind.port());
        HostPort management = config.address("VIW_MANAGEMENT_BIND", "127.0.0.1:9081");
        config.spring("management.server.address", management.host());
        config.spring("management.server.port", management.port());

        config.spring("spring.datasource.url", config.required("VIW_JDBC_URL"));
        config.spring("spring.datasource.username", config.text("VIW_JDBC_USER", "admin_api"));
        config.secret("VIW_JDBC_PASSWORD")
                .ifPresent(password -> config.spring("spring.datasource.password", password));

        return new AdminSettings(
                new RedisAddress(RedisUrl.from(config)),
                new TokensToStore(
                        config.find("VIW_API_TOKENS_FILE")
                                .map(file -> TokenLine.read(Path.of(file), config::mistake))
                                .orElse(List.of())),
                config.integer("AGENT_QUEUE_MAX", 100, 1, 100_000),
                config.flag("AGENT_SECRETS_ON_SHARED_SECRET", false),
                config.duration(
                        "VIW_STALE_AFTER",
                        Duration.ofMinutes(2),
                        Duration.ofSeconds(5),
                        Duration.ofDays(1)));
    }
}
