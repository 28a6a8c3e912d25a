package io.viworks.admin.event.live;

import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.stream.CommandEvent;
import io.viworks.backplane.stream.GatewayEvent;
import io.viworks.backplane.stream.LostEvents;
import io.viworks.backplane.stream.StreamRecord.OfEvents;
import io.viworks.backplane.stream.StreamRecord.OfOutput;
import io.viworks.protocol.AgentId;
import io.viworks.service.Vitals;
import java.time.InstantSource;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What the feature of event streams is made of. */
@Configuration(proxyBeanMethods = false)
class EventConfiguration {
    @Bean(destroyMethod = "close")
    Feed<OfEvents> changesFeed(
            RedisConnections redis,
            Sites sites,
            EventSettings settings,
            InstantSource clock,
            MeterRegistry meters) {
        return new Feed<>(
                "changes",
                new Feed.Source<>(
                        Keys.EVENTS, OfEvents.class, EventConfiguration::agentOf, sites::of),
                redis,
                settings,
                clock,
                meters);
    }

    private static @Nullable AgentId agentOf(OfEvents event) {
        return switch (event) {
            case GatewayEvent gateway -> gateway.agentId();
            case CommandEvent command -> command.agentId();
            case LostEvents _ -> null;
        };
    }

    /** Whoever follows a command has been found to see its gateway. */
    @Bean(destroyMethod = "close")
    Feed<OfOutput> outputFeed(
            RedisConnections redis,
            EventSettings settings,
            InstantSource clock,
            MeterRegistry meters) {
        return new Feed<>(
                "output",
                new Feed.Source<>(
                        Keys.COMMAND_OUTPUT, OfOutput.class, OfOutput::agentId, _ -> Map.of()),
                redis,
                settings,
                clock,
                meters);
    }

    @Bean
    HealthIndicator feedsHealthIndicator(Feed<OfEvents> changes, Feed<OfOutput> output) {
        return Vitals.mustGoOn(
                "reading changes or live output", () -> changes.alive() && output.alive());
    }

    /** Streams never end by themselves: they are ended before the server waits for its requests. */
    @Bean
    SmartLifecycle endOfStreams(Feed<OfEvents> changes, Feed<OfOutput> output) {
        return new SmartLifecycle() {
            private volatile boolean running;

            @Override
            public void start() {
                running = true;
            }

            @Override
            public void stop() {
                running = false;
                changes.close();
                output.close();
            }

            @Override
            public boolean isRunning() {
                return running;
            }
        };
    }
}
