package io.viworks.service;

import java.net.BindException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringBootExceptionReporter;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** Says in one line each why a start failed, where the reason is the operator's to mend. */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class StartFailure implements SpringBootExceptionReporter {
    private static final Logger log = LoggerFactory.getLogger(StartFailure.class);

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
                        .log("cannot listen: {}", cause.getMessage());
                return true;
            }
        }
        return false;
    }
}
