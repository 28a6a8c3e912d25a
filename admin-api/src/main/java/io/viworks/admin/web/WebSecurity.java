package io.viworks.admin.web;

import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.protocol.handshake.EnrolmentText;
import jakarta.servlet.DispatcherType;
import java.security.SecureRandom;
import org.springframework.boot.security.autoconfigure.actuate.web.servlet.EndpointRequest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.config.observation.SecurityObservationSettings;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.intercept.AuthorizationFilter;
import org.springframework.security.web.authentication.AnonymousAuthenticationFilter;
import org.springframework.security.web.firewall.RequestRejectedHandler;
import org.springframework.security.web.header.writers.ReferrerPolicyHeaderWriter.ReferrerPolicy;
import tools.jackson.databind.json.JsonMapper;

/** Who gets in. What a caller may do then, each call says by {@link Needs}. */
@Configuration(proxyBeanMethods = false)
class WebSecurity {
    private static final String[] DOCUMENTATION = {
        "/v3/api-docs", "/v3/api-docs.yaml", "/v3/api-docs/**", "/swagger-ui.html", "/swagger-ui/**"
    };

    /** A request is measured and traced as one: not each of the filters before it, twice. */
    @Bean
    SecurityObservationSettings onlyWholeRequests() {
        return SecurityObservationSettings.noObservations();
    }

    /** The documentation holds no data; its page loads its own scripts and styles. */
    @Bean
    @Order(1)
    SecurityFilterChain documentation(HttpSecurity http) {
        http.securityMatcher(DOCUMENTATION);
        withoutSessions(http);
        http.authorizeHttpRequests(requests -> requests.anyRequest().permitAll());
        headers(
                http,
                "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
                        + " img-src 'self' data:; connect-src 'self'; font-src 'self';"
                        + " frame-ancestors 'none'");
        return http.build();
    }

    /** Health and metrics: on the management port only, which is for the machine's own network. */
    @Bean
    @Order(2)
    SecurityFilterChain management(HttpSecurity http) {
        http.securityMatcher(EndpointRequest.toAnyEndpoint());
        withoutSessions(http);
        http.authorizeHttpRequests(requests -> requests.anyRequest().permitAll());
        headers(http, SafeHeaders.NOTHING);
        return http.build();
    }

    /** Agents sign what they send; the call itself looks at that. */
    @Bean
    @Order(3)
    SecurityFilterChain agents(HttpSecurity http, Refusals refusals) {
        http.securityMatcher(EnrolmentText.PATH);
        withoutSessions(http);
        http.authorizeHttpRequests(requests -> requests.anyRequest().permitAll());
        http.addFilterAfter(new BodyLimit(refusals), AuthorizationFilter.class);
        headers(http, SafeHeaders.NOTHING);
        return http.build();
    }

    @Bean
    @Order(4)
    SecurityFilterChain api(
            HttpSecurity http,
            Callers callers,
            CallLimits limits,
            WebSettings settings,
            JsonMapper json,
            Refusals refusals) {
        withoutSessions(http);
        if (!settings.corsOrigins().isEmpty()) {
            http.addFilter(CrossOrigin.filter(settings.corsOrigins(), json));
        }
        http.authorizeHttpRequests(requests ->
                requests.dispatcherTypeMatchers(DispatcherType.ERROR)
                        .permitAll()
                        .anyRequest()
                        .authenticated());
        http.exceptionHandling(handling ->
                handling.authenticationEntryPoint(
                                (request, response, _) -> {
                                    limits.failed(request.getRemoteAddr());
                                    response.setHeader(
                                            "WWW-Authenticate", "Bearer realm=\"viworks\"");
                                    refusals.answer(
                                            request,
                                            response,
                                            Refusal.of(
                                                    ProblemCode.UNAUTHORIZED,
                                                    "send \"Authorization: Bearer <token>\""));
                                })
                        .accessDeniedHandler((request, response, _) ->
                                refusals.answer(
                                        request,
                                        response,
                                        Refusal.of(ProblemCode.FORBIDDEN, "this is not allowed"))));
        http.addFilterBefore(
                new BearerFilter(callers, limits, refusals), AnonymousAuthenticationFilter.class);
        http.addFilterAfter(new BodyLimit(refusals), AuthorizationFilter.class);
        headers(http, SafeHeaders.NOTHING);
        return http.build();
    }

    @Bean
    CallLimits callLimits(WebSettings settings, MeterRegistry meters) {
        return new CallLimits(settings, System::nanoTime, new SecureRandom(), meters);
    }

    /** Paths with tricks in them (RFC 3986 allows more than anybody needs). */
    @Bean
    RequestRejectedHandler rejectedPaths(Refusals refusals) {
        return (request, response, _) ->
                refusals.answer(
                        request,
                        response,
                        Refusal.of(
                                ProblemCode.BAD_REQUEST,
                                "the method, the path or a header has a form not served here"));
    }

    /** There are no users with passwords; without this bean Spring Boot would invent one. */
    @Bean
    AuthenticationManager noPasswords() {
        return authentication -> {
            throw new org.springframework.security.authentication.BadCredentialsException(
                    "only bearer tokens");
        };
    }

    private static void withoutSessions(HttpSecurity http) {
        http.sessionManagement(
                        sessions -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .csrf(AbstractHttpConfigurer::disable)
                .cors(AbstractHttpConfigurer::disable)
                .formLogin(AbstractHttpConfigurer::disable)
                .httpBasic(AbstractHttpConfigurer::disable)
                .logout(AbstractHttpConfigurer::disable)
                .requestCache(AbstractHttpConfigurer::disable);
    }

    private static void headers(HttpSecurity http, String contentSecurityPolicy) {
        http.headers(headers ->
                headers.contentSecurityPolicy(csp -> csp.policyDirectives(contentSecurityPolicy))
                        .referrerPolicy(policy -> policy.policy(ReferrerPolicy.NO_REFERRER))
                        .permissionsPolicyHeader(
                                policy -> policy.policy("camera=(), microphone=(), geolocation=()"))
                        .crossOriginResourcePolicy(policy ->
                                policy.policy(
                                        org.springframework.security.web.header.writers
                                                .CrossOriginResourcePolicyHeaderWriter
                                                .CrossOriginResourcePolicy.SAME_ORIGIN))
                        .frameOptions(frame -> frame.deny()));
    }
}
