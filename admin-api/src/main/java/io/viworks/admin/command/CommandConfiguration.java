package io.viworks.admin.command;

import io.viworks.admin.verb.ArgumentCheck;
import io.viworks.ledger.Ledger;
import io.viworks.protocol.verb.VerbCatalogue;
import java.util.UUID;
import java.util.function.Supplier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.transaction.support.TransactionTemplate;

/** What the command feature is made of. */
@Configuration(proxyBeanMethods = false)
class CommandConfiguration {
    @Bean
    Ledger ledger(JdbcOperations jdbc, TransactionTemplate transaction, CommandSettings settings) {
        return new Ledger(jdbc, transaction, settings.limits());
    }

    @Bean
    ArgumentCheck argumentCheck(VerbCatalogue catalogue) {
        return new ArgumentCheck(catalogue);
    }

    /** Names of commands, and nonces. */
    @Bean
    Supplier<UUID> ids() {
        return UUID::randomUUID;
    }
}
