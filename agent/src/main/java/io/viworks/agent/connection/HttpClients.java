package io.viworks.agent.connection;

import io.viworks.agent.config.AgentConfig;
import io.viworks.agent.config.Proxy;
import io.viworks.agent.http.Route;
import io.viworks.agent.identity.ClientCertificate;
import io.viworks.agent.log.AgentLog;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Makes the clients with which an agent speaks to the outside: one for each certificate it shows,
 * for what a client shows is fixed with it. Thread-safe.
 */
final class HttpClients implements AutoCloseable {
    static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

    private static final String DISABLED = "jdk.http.auth.tunneling.disabledSchemes";

    static {
        // The JDK leaves Basic out of a CONNECT unless it is told otherwise before its first
        // client: then a proxy that wants it would never hear the credentials. They still go to
        // nobody but the proxy, whose headers the JDK keeps from the server behind it.
        if (System.getProperty(DISABLED) == null) {
            System.setProperty(DISABLED, "");
        }
    }

    private final AgentConfig config;
    private final @Nullable TlsFiles files;
    private final Map<Optional<ClientCertificate>, HttpClient> clients = new HashMap<>();
    private Optional<ClientCertificate> dialled = Optional.empty();

    /**
     * As configured: through the proxy, trusting the bundle.
     *
     * @throws IOException when the trust bundle or the certificate is not what it should be
     */
    HttpClients(AgentConfig config, InstantSource clock, AgentLog log) throws IOException {
        this.config = config;
        this.files = encrypted(config) ? new TlsFiles(config, clock, log) : null;
    }

    private static boolean encrypted(AgentConfig config) {
        var enrolUrl = config.enrollUrl();
        return config.backendUrl().getScheme().equals("wss")
                || (enrolUrl != null && enrolUrl.getScheme().equals("https"));
    }

    /**
     * The way to a bridge.
     *
     * @param own what the agent was enrolled with; null for what people gave it
     * @throws IOException when something of it cannot be read
     */
    synchronized Route toBridge(@Nullable ClientCertificate own) throws IOException {
        look();
        if (own == null && files != null) {
            files.lookAtTheEnd();
        }
        dialled = own == null ? given() : Optional.of(own);
        return route(dialled);
    }

    /**
     * The way to the server that takes keys. It is shown no certificate it has given: one that is
     * revoked by now would keep the agent from asking for another.
     *
     * @throws IOException when something of it cannot be read
     */
    synchronized Route toEnrolment() throws IOException {
        look();
        return route(given());
    }

    /** Whether there is a certificate to show that people gave the agent. */
    synchronized boolean hasCertificate() {
        return given().isPresent();
    }

    /** The last moment that certificate is good; null without one. */
    synchronized @Nullable Instant certificateEnd() {
        return given().map(ClientCertificate::until).orElse(null);
    }

    /** Forgets the clients that show, or trust, what was in the files before. */
    private void look() {
        if (files != null && files.changed()) {
            clients.values().forEach(HttpClient::shutdown);
            clients.clear();
        }
    }

    private Optional<ClientCertificate> given() {
        return files == null ? Optional.empty() : Optional.ofNullable(files.certificate());
    }

    private Route route(Optional<ClientCertificate> shown) throws IOException {
        Proxy proxy = config.proxy();
        Optional<String> authorization = proxy == null ? Optional.empty() : proxy.authorization();
        HttpClient client = clients.get(shown);
        if (client == null) {
            client = client(shown.orElse(null));
            retire(shown);
            clients.put(shown, client);
        }
        return new Route(
                client,
                authorization.map(text -> Map.of("Proxy-Authorization", text)).orElse(Map.of()));
    }

    /** Ends the clients that nobody will ask for again; what they do they may finish. */
    private void retire(Optional<ClientCertificate> fresh) {
        clients.entrySet()
                .removeIf(entry -> {
                    boolean used =
                            entry.getKey().equals(dialled)
                                    || entry.getKey().equals(fresh)
                                    || entry.getKey().isEmpty();
                    if (!used) {
                        entry.getValue().shutdown();
                    }
                    return !used;
                });
    }

    private HttpClient client(@Nullable ClientCertificate shown) throws IOException {
        HttpClient.Builder builder =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(CONNECT_TIMEOUT)
                        .followRedirects(HttpClient.Redirect.NEVER)
                        .proxy(proxy(config.proxy()));
        if (files != null) {
            builder.sslContext(files.context(shown));
        }
        return builder.build();
    }

    private static ProxySelector proxy(@Nullable Proxy proxy) {
        if (proxy == null) {
            return HttpClient.Builder.NO_PROXY;
        }
        String host = proxy.url().getHost().replaceAll("[\\[\\]]", "");
        return ProxySelector.of(InetSocketAddress.createUnresolved(host, proxy.url().getPort()));
    }

    @Override
    public synchronized void close() {
        clients.values().forEach(HttpClient::shutdownNow);
        clients.clear();
    }
}
