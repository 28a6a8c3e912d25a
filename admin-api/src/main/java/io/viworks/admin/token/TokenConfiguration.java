package io.viworks.admin.token;

import java.time.InstantSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.support.TransactionTemplate;

/** What the token feature is made of. */
@Configuration(proxyBeanMethods = false)
class TokenConfiguration {
    @Bean
    Tokens tokens(
            ApiTokens table,
            TransactionTemplate transaction,
            InstantSource clock,
            TokensToStore file) {
        return new Tokens(table, transaction, clock, file.lines());
    }
}
