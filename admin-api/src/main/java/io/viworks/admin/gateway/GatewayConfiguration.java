package io.viworks.admin.gateway;

import io.viworks.admin.sql.Columns;
import java.time.InstantSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What the gateway feature is made of. */
@Configuration(proxyBeanMethods = false)
class GatewayConfiguration {
    @Bean
    Gateways gateways(
            JdbcClient jdbc, Columns columns, InstantSource clock, StaleAfter staleAfter) {
        return new Gateways(jdbc, columns, clock, staleAfter.age());
    }
}
