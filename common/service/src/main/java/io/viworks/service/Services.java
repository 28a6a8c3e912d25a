package io.viworks.service;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MapPropertySource;

/**
 * Starts a service: its settings are read and checked before anything else, its log is one JSON
 * object a line, and a start that fails says why and exits with a code other than 0.
 */
public final class Services {
    private static final Logger log = LoggerFactory.getLogger(Services.class);

    private Services() {}

    /**
     * Runs the service until it is told to stop.
     *
     * @param service its name in logs, in {@code config/<service>.yaml}, and for its Redis user
     * @param settings reads every setting; the record it returns becomes a bean
     * @return the running context, or empty when the configuration disables the service
     * @throws BadConfiguration with every mistake; they have been logged then
     */
    public static <S> Optional<ConfigurableApplicationContext> run(
            String service,
            Class<?> application,
            Class<S> settingsType,
            Function<Config, S> settings,
            String... args) {
        SpringApplication spring = new SpringApplication(application);
        spring.setBannerMode(Banner.Mode.OFF);
        spring.setLogStartupInfo(false);
        spring.setDefaultProperties(defaults(service, System.getenv()));
        spring.addInitializers(context -> {
            Config config = new Config(context.getEnvironment(), service);
            S read = settings.apply(config);
            TracingSettings tracing = TracingSettings.from(config, service);
            config.verify();
            context.getEnvironment()
                    .getPropertySources()
                    .addFirst(new MapPropertySource("settings", config.springProperties()));
            context.getBeanFactory().registerSingleton(settingsType.getSimpleName(), read);
            context.getBeanFactory().registerSingleton("tracingSettings", tracing);
        });
        Termination.isOrdinary();
        try {
            return Optional.of(spring.run(args));
        } catch (Disabled disabled) {
            log.atInfo()
                    .addKeyValue("event", "disabled")
                    .log("disabled: {}", disabled.getMessage());
            return Optional.empty();
        }
    }

    static Map<String, Object> defaults(String service, Map<String, String> environment) {
        Map<String, Object> defaults = new LinkedHashMap<>();
        defaults.put("spring.application.name", service);
        defaults.put("spring.config.import", "optional:file:./config/" + service + ".yaml");
        defaults.put("spring.main.keep-alive", true);
        defaults.put("spring.threads.virtual.enabled", true);
        defaults.put("spring.lifecycle.timeout-per-shutdown-phase", "20s");
        defaults.put("management.endpoints.web.exposure.include", "health,prometheus");
        defaults.put("management.endpoint.health.probes.enabled", true);
        defaults.put("management.endpoint.health.show-details", "always");
        defaults.put("spring.jmx.enabled", false);
        defaults.put("logging.level.root", "INFO");
        // An outage is told in one line by whoever waits for its end, not by one line and more per
        // try; and why a start failed is said by StartFailure.
        defaults.put("logging.level.com.zaxxer.hikari.pool", "ERROR");
        defaults.put(
                "logging.level.org.springframework.transaction.support.TransactionTemplate", "OFF");
        defaults.put(
                "logging.level.org.springframework.boot.autoconfigure.logging"
                        + ".ConditionEvaluationReportLogger",
                "OFF");
        if (wantsJson(environment)) {
            defaults.put("logging.structured.format.console", JsonLine.class.getName());
        }
        return defaults;
    }

    /** The log's form is decided before settings are read, so only the environment can say it. */
    private static boolean wantsJson(Map<String, String> environment) {
        String value =
                environment.getOrDefault(
                        "VIW_LOG_JSON", environment.getOrDefault("AGENT_BRIDGE_LOG_JSON", "true"));
        return !"false".equalsIgnoreCase(value.strip());
    }
}
