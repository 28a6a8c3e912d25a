package io.viworks.admin.redis;

import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.delivery.CommandSender;
import io.viworks.backplane.directory.DirectoryProjection;
import io.viworks.backplane.directory.Nonces;
import io.viworks.backplane.ownership.Owners;
import io.viworks.backplane.stream.DeadLetters;
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
