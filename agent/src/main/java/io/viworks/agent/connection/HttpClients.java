package io.viworks.agent.connection;

import io.viworks.agent.config.AgentConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Makes the one client with which an agent speaks to the outside. */
final class HttpClients {
    static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

    private HttpClients() {}

    /**
     * As configured: through the proxy, trusting the bundle, showing the certificate.
     *
     * @throws IOException when the trust bundle or the certificate is not what it should be
     */
    static HttpClient client(AgentConfig config) throws IOException {
        HttpClient.Builder builder =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(CONNECT_TIMEOUT)
                        .followRedirects(HttpClient.Redirect.NEVER)
                        .proxy(proxy(config.proxy()));
        URI enrolUrl = config.enrollUrl();
        boolean encrypted =
                config.backendUrl().getScheme().equals("wss")
                        || (enrolUrl != null && enrolUrl.getScheme().equals("https"));
        if (encrypted) {
            builder.sslContext(
                    Tls.context(
                            config.trustBundle(),
                            config.certificate(),
                            config.privateKey(),
                            config.backendPins()));
        }
        return builder.build();
    }

    private static ProxySelector proxy(@Nullable URI proxy) {
        return proxy == null
                ? HttpClient.Builder.NO_PROXY
                : ProxySelector.of(
                        InetSocketAddress.createUnresolved(proxy.getHost(), proxy.getPort()));
    }
}
