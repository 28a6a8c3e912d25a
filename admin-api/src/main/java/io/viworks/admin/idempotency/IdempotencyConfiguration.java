package io.viworks.admin.idempotency;

import java.security.SecureRandom;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What keeping answers is made of. */
@Configuration(proxyBeanMethods = false)
class IdempotencyConfiguration {
    @Bean
    AnswerSeal answerSeal() {
        return new AnswerSeal(new SecureRandom());
    }
}
