package io.viworks.agent.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class ContainerEngineTest {
    private static final String ONE =
            """
            {"Id":"0123456789abcdef0123456789abcdef","Names":["/a/link","/pañel"],"Image":"p:1",\
            "State":"running","Status":"Up 2 hours","Created":1763700000,"Labels":{"x":"]"}}\
            """;

    private static final Container PANEL =
            new Container(
                    "0123456789ab", "pañel", "p:1", "running", Instant.ofEpochSecond(1763700000));

    @TempDir Path folder;

    @Test
    void listsContainersOverTheSocket() throws Exception {
        try (UnixServer server = UnixServer.engine(socket(), ONE)) {
            ContainerEngine engine = ContainerEngine.find(List.of(socket())).orElseThrow();
            assertThat(engine.containers(true)).containsExactly(PANEL);
            assertThat(engine.containers(false)).containsExactly(PANEL);
            assertThat(server.requests().get(0))
                    .startsWith("GET /containers/json?all=true HTTP/1.1");
            assertThat(server.requests().get(1)).contains("all=false");
        }
    }

    @Test
    void joinsChunksHoweverTheyArrive() throws Exception {
        String body = "[" + ONE + "]";
        String[] pieces = new String[body.length() + 2];
        pieces[0] = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        for (int i = 0; i < body.length(); i++) {
            String character = body.substring(i, i + 1);
            int size = character.getBytes(StandardCharsets.UTF_8).length;
            pieces[i + 1] = size + ";x=y\r\n" + character + "\r\n";
        }
        pieces[body.length() + 1] = "0\r\n\r\n";
        try (UnixServer _ = new UnixServer(socket(), true, pieces)) {
            assertThat(engine().containers(true)).containsExactly(PANEL);
        }
    }

    @Test
    void readsToTheEndWithoutALength() throws Exception {
        try (UnixServer _ = new UnixServer(socket(), false, "HTTP/1.0 200 OK\r\n\r\n", "[]")) {
            assertThat(engine().containers(true)).isEmpty();
        }
    }

    @Test
    void doesNotWaitForAnEngineThatHangs() throws Exception {
        try (UnixServer _ = new UnixServer(socket(), true, "HTTP/1.1 200 OK\r\n")) {
            ContainerEngine brief = new ContainerEngine(socket(), Duration.ofMillis(500));
            assertThatThrownBy(() -> brief.containers(true))
                    .isInstanceOf(IOException.class)
                    .hasMessage("the container engine did not answer within 500 ms");
        }
    }

    @Test
    void refusesAnAnswerWithoutBound() throws Exception {
        String[] pieces = new String[200];
        java.util.Arrays.fill(pieces, "x".repeat(64 * 1024));
        pieces[0] = "HTTP/1.1 200 OK\r\n\r\n";
        try (UnixServer _ = new UnixServer(socket(), true, pieces)) {
            ContainerEngine patient = new ContainerEngine(socket(), Duration.ofSeconds(20));
            assertThatThrownBy(() -> patient.containers(true)).hasMessageContaining("is over");
        }
    }

    @Test
    void saysWhatIsWrongWithAnAnswer() throws Exception {
        try (UnixServer _ =
                new UnixServer(socket(), false, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")) {
            assertThatThrownBy(() -> engine().containers(true)).hasMessageContaining("status 500");
        }
        assertThatThrownBy(() -> parse("SSH-2.0\r\n\r\n", true)).hasMessageContaining("HTTP");
        assertThatThrownBy(() -> parse("HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nab", true))
                .hasMessageContaining("ended");
        assertThatThrownBy(() ->
                        parse("HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", true))
                .hasMessageContaining("number");
        assertThatThrownBy(() -> parse("HTTP/1.1 200\r\nContent-Length: -5\r\n\r\nab", true))
                .hasMessageContaining("number");
    }

    @Test
    void isAbsentWithoutASocket() {
        assertThat(ContainerEngine.find(List.of(socket()))).isEmpty();
    }

    private ContainerEngine engine() {
        return new ContainerEngine(socket(), Duration.ofSeconds(20));
    }

    private Path socket() {
        return folder.resolve("engine.sock");
    }

    private static Optional<EngineReply> parse(String text, boolean ended)
            throws ProtocolException {
        return EngineReply.parse(text.getBytes(StandardCharsets.UTF_8), ended);
    }
}
