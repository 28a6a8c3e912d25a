package io.viworks.admin;

import io.viworks.admin.authority.AuthoritySettings;
import io.viworks.admin.authority.FileAuthority;
import io.viworks.admin.authority.IssuingAuthority;
import io.viworks.admin.command.CommandSettings;
import io.viworks.admin.enrolment.EnrolmentSettings;
import io.viworks.admin.event.live.EventSettings;
import io.viworks.admin.export.ExportSettings;
import io.viworks.admin.oidc.IssuerSettings;
import io.viworks.admin.oidc.OidcSettings;
import io.viworks.admin.redis.RedisAddress;
import io.viworks.admin.signing.SigningSettings;
import io.viworks.admin.token.TokenLine;
import io.viworks.admin.token.TokensToStore;
import io.viworks.admin.watch.WatchSettings;
import io.viworks.admin.web.WebSettings;
import io.viworks.ledger.LedgerLimits;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.sealing.SealingKeys;
import io.viworks.service.Cidr;
import io.viworks.service.Config;
import io.viworks.service.HostPort;
import io.viworks.service.Postgres;
import io.viworks.service.RedisUrl;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What can be configured of admin-api.
 *
 * @param redis where Redis is
 * @param tokens bearer tokens to put into the database at the start
 * @param commands how commands are accepted
 * @param staleAfter a gateway whose last telemetry is older is shown as stale
 * @param seriesKept how long telemetry-writer keeps series
 * @param enrolment how gateways are enrolled
 * @param authority how certificates are issued and revoked
 * @param signing the keys that sign commands
 * @param issuer whose OpenID Connect tokens count
 * @param exports how much exports may take
 * @param web limits of callers, and origins of browsers
 * @param events how event streams are served
 * @param watch what is looked at for those on call
 */
public record AdminSettings(
        RedisAddress redis,
        TokensToStore tokens,
        CommandSettings commands,
        Duration staleAfter,
        Duration seriesKept,
        EnrolmentSettings enrolment,
        AuthoritySettings authority,
        SigningSettings signing,
        IssuerSettings issuer,
        ExportSettings exports,
        WebSettings web,
        EventSettings events,
        WatchSettings watch) {

    /** Reads the settings and hands Spring its own. */
    public static AdminSettings from(Config config) {
        config.owns("VIW_ADMIN_");
        HostPort bind = config.address("VIW_ADMIN_BIND", "127.0.0.1:8081");
        config.spring("server.address", bind.host());
        config.spring("server.port", bind.port());
        HostPort management = config.address("VIW_MANAGEMENT_BIND", "127.0.0.1:9081");
        config.spring("management.server.address", management.host());
        config.spring("management.server.port", management.port());

        Postgres.from(config, "admin_api");

        SigningSettings signing = SigningSettings.from(config);
        return new AdminSettings(
                new RedisAddress(RedisUrl.from(config)),
                new TokensToStore(
                        config.find("VIW_API_TOKENS_FILE")
                                .map(file -> TokenLine.read(Path.of(file), config::mistake))
                                .orElse(List.of())),
                new CommandSettings(
                        limits(config),
                        config.integer("VIW_COMMAND_GATEWAY_RATE", 100, 1, 100_000),
                        config.integer("VIW_COMMAND_SOURCE_RATE", 500, 1, 1_000_000),
                        config.integer("VIW_BATCH_MAX", 10_000, 1, 100_000),
                        config.flag("AGENT_SECRETS_ON_SHARED_SECRET", false),
                        sealing(config),
                        signing.signer()),
                config.duration(
                        "VIW_STALE_AFTER",
                        Duration.ofMinutes(2),
                        Duration.ofSeconds(5),
                        Duration.ofDays(1)),
                Duration.ofDays(config.integer("VIW_TELEMETRY_KEEP_DAYS", 30, 1, 3_660)),
                enrolment(config),
                authority(config),
                signing,
                new IssuerSettings(OidcSettings.from(config)),
                ExportSettings.from(config),
                WebSettings.from(config),
                EventSettings.from(config),
                WatchSettings.from(config));
    }

    private static EnrolmentSettings enrolment(Config config) {
        List<Cidr> proxies = new ArrayList<>();
        for (String text : config.list("AGENT_BRIDGE_TRUSTED_PROXIES")) {
            try {
                proxies.add(Cidr.parse(text));
            } catch (IllegalArgumentException e) {
                config.mistake(
                        "AGENT_BRIDGE_TRUSTED_PROXIES must be blocks of addresses such as"
                                + " 10.0.0.0/8: "
                                + e.getMessage());
            }
        }
        List<Bytes> secrets =
                config.secret("AGENT_EDGE_SECRET").stream()
                        .flatMap(String::lines)
                        .map(String::strip)
                        .filter(line -> !line.isEmpty())
                        .map(Bytes::utf8)
                        .toList();
        if (secrets.isEmpty() != proxies.isEmpty()) {
            config.mistake(
                    "AGENT_EDGE_SECRET_FILE and AGENT_BRIDGE_TRUSTED_PROXIES count only together:"
                            + " set both or neither");
        }
        return new EnrolmentSettings(
                config.duration(
                        "VIW_AGENT_KEY_LIFE",
                        Duration.ofDays(365),
                        Duration.ofHours(1),
                        Duration.ofDays(3650)),
                config.integer("VIW_ENROL_RATE", 50, 1, 10_000),
                config.integer("VIW_ENROL_SOURCE_RATE", 120, 1, 100_000),
                proxies,
                secrets);
    }

    private static AuthoritySettings authority(Config config) {
        Duration life =
                config.duration(
                        "VIW_AGENT_CERT_LIFE",
                        Duration.ofDays(90),
                        Duration.ofHours(1),
                        Duration.ofDays(3650));
        Optional<Path> certificate = config.find("VIW_CA_CERT_FILE").map(Path::of);
        Optional<Path> key = config.find("VIW_CA_KEY_FILE").map(Path::of);
        Optional<Path> list = config.find("VIW_CA_CRL_FILE").map(Path::of);
        if (certificate.isPresent() != key.isPresent()) {
            config.mistake("VIW_CA_CERT_FILE and VIW_CA_KEY_FILE must be set together");
        } else if (certificate.isEmpty() && list.isPresent()) {
            config.mistake("VIW_CA_CRL_FILE must be set with VIW_CA_CERT_FILE only");
        }
        Optional<IssuingAuthority> authority = Optional.empty();
        if (certificate.isPresent() && key.isPresent()) {
            try {
                authority =
                        Optional.of(
                                FileAuthority.read(
                                        certificate.get(), key.get(), life, Instant.now()));
            } catch (IOException e) {
                config.mistake("VIW_CA_CERT_FILE, VIW_CA_KEY_FILE: " + e.getMessage());
            }
        }
        return new AuthoritySettings(
                authority,
                list,
                config.duration(
                        "VIW_CA_CRL_LIFE",
                        Duration.ofDays(7),
                        Duration.ofMinutes(10),
                        Duration.ofDays(365)));
    }

    private static Optional<SealingKeys> sealing(Config config) {
        return config.find("VIW_SEALING_KEYS_FILE")
                .map(Path::of)
                .flatMap(file -> {
                    try {
                        return Optional.of(SealingKeys.read(file, new SecureRandom()));
                    } catch (IOException e) {
                        config.mistake("VIW_SEALING_KEYS_FILE: " + e.getMessage());
                        return Optional.empty();
                    }
                });
    }

    /** What the ledger is asked for here; sending again is results-writer's. */
    private static LedgerLimits limits(Config config) {
        LedgerLimits standard = LedgerLimits.standard();
        return new LedgerLimits(
                standard.maxInflight(),
                config.integer("AGENT_QUEUE_MAX", 100, 1, 100_000),
                standard.firstPause(),
                standard.longestPause(),
                standard.silence(),
                config.duration(
                        "VIW_OUTCOME_GRACE",
                        Duration.ofHours(24),
                        Duration.ofSeconds(1),
                        Duration.ofDays(30)),
                standard.outcomeGracePlain());
    }
}
