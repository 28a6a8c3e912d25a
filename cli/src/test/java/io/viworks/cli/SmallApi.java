package io.viworks.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Executors;

/** A real HTTP server that answers what it was told, in order; the last answer stays. */
final class SmallApi implements AutoCloseable {
    static final String TOKEN = "a-secret-token";

    /** What makes the server close the connection without an answer. */
    static final Answer BREAK = new Answer(0, "", "");

    private final HttpServer server;
    private final Map<String, Queue<Answer>> answers = new HashMap<>();
    private final Path token;
    final List<Asked> asked = Collections.synchronizedList(new ArrayList<>());
    final ByteArrayOutputStream out = new ByteArrayOutputStream();
    final ByteArrayOutputStream err = new ByteArrayOutputStream();

    record Answer(int status, String type, String body) {
        static Answer json(String body) {
            return new Answer(200, "application/json", body);
        }

        static Answer events(String body) {
            return new Answer(200, "text/event-stream;charset=UTF-8", body);
        }

        static Answer problem(int status, String body) {
            return new Answer(status, "application/problem+json", body);
        }
    }

    record Asked(String line, String key, String lastId, String authorization, String body) {}

    SmallApi(Path folder) throws IOException {
        token = Files.writeString(folder.resolve("token"), TOKEN + "\n");
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::answer);
        server.start();
    }

    /** Says how a call is answered, such as {@code GET /verbs}. */
    SmallApi on(String call, Answer... inOrder) {
        answers.put(call, new ArrayDeque<>(List.of(inOrder)));
        return this;
    }

    Map<String, String> environment() {
        return Map.of("VIW_API_URL", url(), "VIW_API_TOKEN_FILE", token.toString());
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/admin/api";
    }

    /** Runs the program and returns its exit code. */
    int run(String... args) throws InterruptedException {
        Terminal terminal =
                new Terminal(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Main(terminal, environment(), Path.of("."), new Farewell()).run(List.of(args));
    }

    String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private void answer(HttpExchange call) throws IOException {
        String line =
                call.getRequestMethod()
                        + " "
                        + call.getRequestURI().getPath().replaceFirst("^/admin/api", "");
        String query = call.getRequestURI().getRawQuery();
        asked.add(
                new Asked(
                        query == null ? line : line + "?" + query,
                        header(call, "Idempotency-Key"),
                        header(call, "Last-Event-ID"),
                        header(call, "Authorization"),
                        new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
        Answer answer;
        synchronized (answers) {
            Queue<Answer> queue = answers.getOrDefault(line, new ArrayDeque<>());
            Answer first = queue.size() > 1 ? queue.poll() : queue.peek();
            answer =
                    first == null
                            ? Answer.problem(
                                    404, "{\"title\":\"Not found\",\"code\":\"not_found\"}")
                            : first;
        }
        if (answer.equals(BREAK)) {
            call.close();
            return;
        }
        call.getResponseHeaders().add("Content-Type", answer.type());
        byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
        call.sendResponseHeaders(answer.status(), body.length);
        call.getResponseBody().write(body);
        call.close();
    }

    private static String header(HttpExchange call, String name) {
        String value = call.getRequestHeaders().getFirst(name);
        return value == null ? "" : value;
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
