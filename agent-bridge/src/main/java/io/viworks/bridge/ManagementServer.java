package io.viworks.bridge;

import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextType;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;

/** The server of health and metrics, which has a port and a context of its own. */
@ManagementContextConfiguration(value = ManagementContextType.CHILD, proxyBeanMethods = false)
class ManagementServer {
    /**
     * A connection for each question. Up to reactor-netty 1.3.7 a question that comes on the same
     * connection just as the answer before it ends may never be read (reactor-netty, issue 4361):
     * of 350 scrapes that followed a probe 31 had no answer.
     */
    @Bean
    WebServerFactoryCustomizer<NettyReactiveWebServerFactory> oneQuestionEach() {
        return factory -> factory.addServerCustomizers(server -> server.maxKeepAliveRequests(1));
    }
}
