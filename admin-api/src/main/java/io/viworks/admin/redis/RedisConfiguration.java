package io.viworks.admin.redis;

import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.delivery.CommandSender;
import io.viworks.backplane.directory.DirectoryProjection;
import io.viworks.backplane.directory.Nonces;
import io.viworks.backplane.ownership.Owners;
import io.viworks.backplane.stream.DeadLetters;
import io.viworks.backplane.stream.EventAppender;
import java.time.InstantSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What this process does in Redis. */
@Configuration(proxyBeanMethods = false)
class RedisConfiguration {
    @Bean
    RedisConnections redisConnections(RedisAddress address) {
        return RedisConnections.open(address.url(), "admin-api");
    }

    @Bean
    Owners owners(RedisConnections redis) {
        return new Owners(redis);
    }

    @Bean
    CommandSender commandSender(RedisConnections redis) {
        return new CommandSender(redis);
    }

    @Bean(destroyMethod = "close")
    EventAppender eventAppender(RedisConnections redis, InstantSource clock, MeterRegistry meters) {
        return new EventAppender(redis, clock, meters);
    }

    @Bean
    DeadLetters deadLetters(RedisConnections redis) {
        return new DeadLetters(redis);
    }

    @Bean
    Nonces nonces(RedisConnections redis) {
        return new Nonces(redis);
    }

    @Bean
    DirectoryProjection directoryProjection(RedisConnections redis) {
        return new DirectoryProjection(redis);
    }
}
