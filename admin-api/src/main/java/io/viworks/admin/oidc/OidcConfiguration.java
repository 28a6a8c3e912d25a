package io.viworks.admin.oidc;

import io.viworks.service.Vitals;
import java.time.Clock;
import java.time.InstantSource;
import java.time.ZoneOffset;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.json.JsonMapper;

/** What the OpenID Connect feature is made of. */
@Configuration(proxyBeanMethods = false)
class OidcConfiguration {
    @Bean
    Issuer issuer(IssuerSettings configured, InstantSource clock, JsonMapper json) {
        if (configured.issuer().isEmpty()) {
            return new Issuer(null, null);
        }
        OidcSettings settings = configured.issuer().get();
        IssuerClient client = new IssuerClient(settings.issuer(), json);
        IssuerKeys keys = new IssuerKeys(client, clock, System::nanoTime);
        Clock time = clock.withZone(ZoneOffset.UTC);
        return new Issuer(new OidcCallers(settings, keys, time), client);
    }

    @Bean
    HealthIndicator issuerHealthIndicator(Issuer issuer) {
        return Vitals.needs(
                "the OpenID Connect issuer",
                () -> issuer.callers().map(OidcCallers::reachable).orElse(true),
                "its callers are answered 503 once its last keys are an hour old");
    }
}
