package io.viworks.admin;

import io.viworks.admin.authority.AuthoritySettings;
import io.viworks.admin.command.CommandSettings;
import io.viworks.admin.enrolment.EnrolmentSettings;
import io.viworks.admin.event.live.EventSettings;
import io.viworks.admin.export.ExportSettings;
import io.viworks.admin.gateway.StaleAfter;
import io.viworks.admin.oidc.IssuerSettings;
import io.viworks.admin.redis.RedisAddress;
import io.viworks.admin.signing.SigningSettings;
import io.viworks.admin.telemetry.SeriesKept;
import io.viworks.admin.token.TokensToStore;
import io.viworks.admin.watch.WatchSettings;
import io.viworks.admin.web.WebSettings;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.protocol.verb.VerbCatalogue;
import io.viworks.service.TracingSettings;
import io.viworks.service.trace.Tracing;
import java.time.Clock;
import java.time.InstantSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The parts that several features share. */
@Configuration(proxyBeanMethods = false)
class Parts {
    @Bean
    InstantSource clock() {
        return Clock.systemUTC();
    }

    @Bean(destroyMethod = "close")
    Tracing tracing(TracingSettings settings) {
        return settings.open();
    }

    @Bean
    VerbCatalogue verbs() {
        return VerbCatalogue.standard();
    }

    @Bean
    FrameCodec codec() {
        return new FrameCodec();
    }

    @Bean
    RedisAddress redisAddress(AdminSettings settings) {
        return settings.redis();
    }

    @Bean
    StaleAfter staleAfter(AdminSettings settings) {
        return new StaleAfter(settings.staleAfter());
    }

    @Bean
    SeriesKept seriesKept(AdminSettings settings) {
        return new SeriesKept(settings.seriesKept());
    }

    @Bean
    TokensToStore tokensToStore(AdminSettings settings) {
        return settings.tokens();
    }

    @Bean
    CommandSettings commandSettings(AdminSettings settings) {
        return settings.commands();
    }

    @Bean
    EnrolmentSettings enrolmentSettings(AdminSettings settings) {
        return settings.enrolment();
    }

    @Bean
    AuthoritySettings authoritySettings(AdminSettings settings) {
        return settings.authority();
    }

    @Bean
    IssuerSettings issuerSettings(AdminSettings settings) {
        return settings.issuer();
    }

    @Bean
    ExportSettings exportSettings(AdminSettings settings) {
        return settings.exports();
    }

    @Bean
    WebSettings webSettings(AdminSettings settings) {
        return settings.web();
    }

    @Bean
    EventSettings eventSettings(AdminSettings settings) {
        return settings.events();
    }

    @Bean
    WatchSettings watchSettings(AdminSettings settings) {
        return settings.watch();
    }

    @Bean
    SigningSettings signingSettings(AdminSettings settings) {
        return settings.signing();
    }
}
