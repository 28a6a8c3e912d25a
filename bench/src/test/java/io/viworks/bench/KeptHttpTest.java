package io.viworks.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KeptHttpTest {
    private static final int BODY = 100_000;
    private final Set<Integer> callers = ConcurrentHashMap.newKeySet();
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/whole", exchange -> answer(exchange, 200, BODY));
        // The JDK's server sends chunks when it is not told how much there will be.
        server.createContext("/chunks", exchange -> answer(exchange, 200, 0));
        server.createContext(
                "/last",
                exchange -> {
                    exchange.getResponseHeaders().set("Connection", "close");
                    answer(exchange, 200, BODY);
                });
        server.createContext("/refused", exchange -> answer(exchange, 403, BODY));
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange, int status, int length) throws IOException {
        callers.add(exchange.getRemoteAddress().getPort());
        boolean known =
                "Bearer a-token".equals(exchange.getRequestHeaders().getFirst("Authorization"));
        exchange.sendResponseHeaders(known ? status : 401, length);
        try (var out = exchange.getResponseBody()) {
            out.write(new byte[BODY]);
        }
    }

    @Test
    void readsWholeAnswersAndChunksOverOneConnection() throws IOException {
        try (KeptHttp caller = new KeptHttp(server.getAddress().getPort(), "a-token")) {
            assertThat(caller.get("/whole")).isEqualTo(BODY);
            assertThat(caller.get("/chunks")).isEqualTo(BODY);
            assertThat(caller.get("/whole?again")).isEqualTo(BODY);
        }
        assertThat(callers).hasSize(1);
    }

    @Test
    void dialsAgainWhenTheServerCloses() throws IOException {
        try (KeptHttp caller = new KeptHttp(server.getAddress().getPort(), "a-token")) {
            assertThat(caller.get("/last")).isEqualTo(BODY);
            assertThat(caller.get("/whole")).isEqualTo(BODY);
        }
        assertThat(callers).hasSize(2);
    }

    @Test
    void saysWhatWasRefusedAndGoesOn() throws IOException {
        try (KeptHttp caller = new KeptHttp(server.getAddress().getPort(), "a-token")) {
            assertThatThrownBy(() -> caller.get("/refused"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("/refused: HTTP/1.1 403");
            assertThat(caller.get("/whole")).isEqualTo(BODY);
        }
    }
}
