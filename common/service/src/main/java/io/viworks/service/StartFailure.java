package io.viworks.service;

import java.net.BindException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringBootExceptionReporter;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;

/** Says in one line each why a start failed, where the reason is the operator's to mend. */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class StartFailure implements SpringBootExceptionReporter {
    private static final Logger log = LoggerFactory.getLogger(StartFailure.class);

    private final @Nullable ConfigurableApplicationContext context;

    StartFailure(@Nullable ConfigurableApplicationContext context) {
        this.context = context;
    }

    @Override
    public boolean reportException(Throwable failure) {
        for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof Disabled) {
                return true;
            }
            if (cause instanceof BadConfiguration bad) {
                bad.mistakes()
                        .forEach(mistake ->
                                log.atError()
                                        .addKeyValue("event", "bad_configuration")
                                        .log("{}", mistake));
                return true;
            }
            if (cause instanceof PortInUseException || cause instanceof BindException) {
                log.atError()
                        .addKeyValue("event", "bind_failed")
                        .log("cannot listen on {}: {}", addresses(), cause.getMessage());
                return true;
            }
        }
        return false;
    }

    /** Where this process was to listen: the cause does not say which of them it is. */
    private String addresses() {
        if (context == null) {
            return "its address";
        }
        Environment settings = context.getEnvironment();
        return Stream.of("server", "management.server")
                .filter(server -> settings.containsProperty(server + ".port"))
                .map(server ->
                        settings.getProperty(server + ".address", "*")
                                + ":"
                                + settings.getProperty(server + ".port"))
                .collect(Collectors.joining(" or "));
    }
}
