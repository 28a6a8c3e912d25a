package io.viworks.admin.gateway;

import io.viworks.admin.audit.AuditLog;
import io.viworks.admin.event.Changes;
import io.viworks.admin.paging.PageReader;
import io.viworks.admin.sql.Columns;
import java.time.InstantSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.json.JsonMapper;

/** What the gateway feature is made of. */
@Configuration(proxyBeanMethods = false)
class GatewayConfiguration {
    @Bean
    Gateways gateways(
            JdbcClient jdbc,
            PageReader pages,
            Columns columns,
            InstantSource clock,
            StaleAfter staleAfter) {
        return new Gateways(jdbc, pages, columns, clock, staleAfter.age());
    }

    @Bean
    Fleet fleet(JdbcClient jdbc, InstantSource clock, StaleAfter staleAfter) {
        return new Fleet(jdbc, clock, staleAfter.age());
    }

    @Bean
    GatewayEdits gatewayEdits(
            EditableGateways gateways,
            JdbcClient jdbc,
            AuditLog audit,
            Changes changes,
            TransactionTemplate transaction,
            JsonMapper json) {
        return new GatewayEdits(gateways, jdbc, audit, changes, transaction, json);
    }
}
