package io.viworks.admin.directory;

import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.backplane.directory.DirectoryProjection;
import java.time.InstantSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** What the directory feature is made of. */
@Configuration(proxyBeanMethods = false)
class DirectoryConfiguration {
    @Bean
    DirectoryPulse directoryPulse(
            JdbcClient jdbc,
            DirectoryProjection projection,
            TransactionTemplate transaction,
            InstantSource clock,
            MeterRegistry meters) {
        return new DirectoryPulse(new DirectoryRows(jdbc), projection, transaction, clock, meters);
    }
}
