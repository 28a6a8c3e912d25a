package io.viworks.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Where the API is, and the token that opens it: as {@code VIW_API_URL} and {@code
 * VIW_API_TOKEN_FILE} say, or those of the stack that {@code ./viw up} runs here.
 *
 * @param token never shown, and on no command line
 */
record Access(URI api, String token) {
    private static final String PREFIX = "/admin/api";

    /** Without the token. */
    @Override
    public String toString() {
        return "Access[" + api + "]";
    }

    /**
     * Finds it.
     *
     * @param checkout where {@code .viw} lies, unless {@code VIW_HOME} says otherwise
     */
    static Access find(Map<String, String> environment, Path checkout) throws Misunderstood {
        String url = environment.getOrDefault("VIW_API_URL", "").strip();
        String file = environment.getOrDefault("VIW_API_TOKEN_FILE", "").strip();
        if (!url.isEmpty() && !file.isEmpty()) {
            return new Access(api(url), token(read(Path.of(file), "VIW_API_TOKEN_FILE"), file));
        }
        if (!url.isEmpty() || !file.isEmpty()) {
            throw new Misunderstood(
                    "VIW_API_URL and VIW_API_TOKEN_FILE go together; "
                            + (url.isEmpty() ? "VIW_API_URL" : "VIW_API_TOKEN_FILE")
                            + " is missing.");
        }
        String home = environment.getOrDefault("VIW_HOME", "").strip();
        Path run = checkout.resolve(home.isEmpty() ? ".viw" : home).resolve("run.json");
        if (!Files.exists(run)) {
            throw new Misunderstood(
                    "No API is named, and nothing runs here ("
                            + run
                            + " is not there). Start ./viw up, or set VIW_API_URL"
                            + " (https://host/admin/api) and VIW_API_TOKEN_FILE (a file with the"
                            + " token).");
        }
        try {
            JsonNode told = Json.MAPPER.readTree(read(run, "./viw up's file"));
            return new Access(
                    api(Json.text(told, "admin_api")),
                    token(Json.text(told, "operator_token"), run.toString()));
        } catch (JacksonException e) {
            throw new Misunderstood(run + " is not what ./viw up writes.");
        }
    }

    private static URI api(String url) throws Misunderstood {
        URI uri;
        try {
            uri = URI.create(url.replaceAll("/+$", ""));
        } catch (IllegalArgumentException e) {
            throw notAnAddress();
        }
        boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
        if (!http
                || uri.getHost() == null
                || uri.getRawUserInfo() != null
                || uri.getRawQuery() != null
                || uri.getRawFragment() != null) {
            throw notAnAddress();
        }
        return uri.getRawPath().isEmpty() ? URI.create(uri + PREFIX) : uri;
    }

    private static Misunderstood notAnAddress() {
        return new Misunderstood(
                "The API's address must be like https://host/admin/api, without user or query.");
    }

    private static String token(String text, String from) throws Misunderstood {
        String token = text.strip();
        if (!token.matches("[!-~]{1,4096}")) { // also what a header's exception would tell
            throw new Misunderstood(from + " must hold a token and nothing else.");
        }
        return token;
    }

    private static String read(Path file, String what) throws Misunderstood {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new Misunderstood(what + ": " + file + " is not there.");
        } catch (IOException e) {
            throw new Misunderstood(what + ": " + file + " cannot be read.");
        }
    }
}
