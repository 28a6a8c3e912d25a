package io.viworks.bridge;

import io.viworks.service.Services;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

/** The process that holds the agents' connections. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({Wiring.class, Server.class, Health.class})
public class AgentBridge {
    public static void main(String[] args) {
        var _ =
                Services.run(
                        "agent-bridge",
                        AgentBridge.class,
                        BridgeSettings.class,
                        BridgeSettings::from,
                        args);
    }
}
