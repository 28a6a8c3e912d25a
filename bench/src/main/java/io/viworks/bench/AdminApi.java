package io.viworks.bench;

import io.viworks.embedded.FreePort;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;

/** The packaged admin-api as a process of its own, and an admin's way to it. Thread-safe. */
public final class AdminApi implements AutoCloseable {
    private static final String PATH = "/admin/api";

    private final HttpClient client = HttpClient.newHttpClient();
    private final Packaged service;
    private final int port;
    private final String address;
    private final String token;

    private AdminApi(Packaged service, int port, String token) {
        this.service = service;
        this.port = port;
        this.address = "http://127.0.0.1:" + port + PATH;
        this.token = token;
    }

    /**
     * Starts it and returns when it is ready.
     *
     * @param folder where its log and its tokens go
     * @throws IOException with where its log is, when it does not become ready
     */
    public static AdminApi start(Path checkout, Path folder, Stores stores) throws Exception {
        byte[] random = new byte[24];
        new SecureRandom().nextBytes(random);
        String token = HexFormat.of().formatHex(random);
        Path tokens = folder.resolve("tokens");
        Files.writeString(tokens, "bench admin " + sha256(token) + "\n");
        int port = FreePort.or(0);
        Packaged service =
                Packaged.start(
                        "admin-api",
                        checkout,
                        folder,
                        Map.of(
                                "VIW_ADMIN_BIND",
                                "127.0.0.1:" + port,
                                "VIW_API_TOKENS_FILE",
                                tokens.toString(),
                                "VIW_API_RATE",
                                "100000",
                                "VIW_REDIS_URL",
                                stores.redisUrl(),
                                "VIW_JDBC_URL",
                                stores.jdbcUrl(),
                                "VIW_JDBC_USER",
                                "admin_api",
                                "VIW_JDBC_PASSWORD",
                                stores.rolePassword()));
        return new AdminApi(service, port, token);
    }

    private static String sha256(String token) throws Exception {
        return HexFormat.of()
                .formatHex(
                        MessageDigest.getInstance("SHA-256")
                                .digest(token.getBytes(StandardCharsets.US_ASCII)));
    }

    /** A connection of its own for a caller that blocks, to be closed by whoever asked for it. */
    public KeptHttp connect() throws IOException {
        return new KeptHttp(port, token);
    }

    /** The target of a path below {@code /admin/api}, as {@link KeptHttp} wants it. */
    public static String target(String path) {
        return PATH + path;
    }

    /**
     * Gets a path below {@code /admin/api} over a connection that is kept.
     *
     * @throws IOException when the answer is not 200
     */
    public String get(String path) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(address + path))
                        .header("Authorization", "Bearer " + token)
                        .build();
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException(path + ": " + answer.statusCode() + " " + answer.body());
        }
        return answer.body();
    }

    /**
     * Posts JSON to a path below {@code /admin/api} over a connection that is kept.
     *
     * @throws IOException when the answer is not 202
     */
    public String post(String path, String json) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(address + path))
                        .header("Authorization", "Bearer " + token)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(json))
                        .build();
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 202) {
            throw new IOException(path + ": " + answer.statusCode() + " " + answer.body());
        }
        return answer.body();
    }

    @Override
    public void close() {
        service.close();
        client.close();
    }
}
