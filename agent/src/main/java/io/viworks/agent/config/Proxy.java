package io.viworks.agent.config;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The proxy that is asked for tunnels (RFC 9110, CONNECT), and what it takes for that. Whatever
 * prints one prints no credentials.
 *
 * @param url without credentials
 * @param inline {@code user:password} of the URL itself
 * @param file whose one line is {@code user:password}; read again for every attempt
 */
public record Proxy(URI url, @Nullable String inline, @Nullable Path file) {
    private static final String FORM = "hold one line user:password";

    /** Without what is secret; null when none is configured, or none that can be used. */
    static @Nullable Proxy read(Settings settings) {
        Path file = settings.readable("proxy_credentials_file");
        URI given = settings.urlWithUser("proxy_url", List.of("http"));
        if (!settings.has("proxy_url") && settings.has("proxy_credentials_file")) {
            settings.wrong("proxy_credentials_file", "stand together with proxy_url");
        }
        if (file != null) {
            if (Settings.isOpenToOthers(file)) {
                settings.wrong(
                        "proxy_credentials_file",
                        "be a file only its owner can read (0600): " + file + " is open to others");
            }
            if (!isCredentials(firstLine(file))) {
                settings.wrong("proxy_credentials_file", FORM);
            }
        }
        if (given == null) {
            return null;
        }
        if (given.getPort() < 0) {
            settings.wrong("proxy_url", "name its port, like http://proxy.example:3128");
        }
        String inline = given.getUserInfo();
        if (inline != null && !isCredentials(inline)) {
            settings.wrong("proxy_url", "have a user and a password, or neither");
        }
        if (inline != null && file != null) {
            settings.wrong("proxy_credentials_file", "not stand beside a proxy_url with a user");
        }
        return new Proxy(bare(given), inline, file);
    }

    private static URI bare(URI given) {
        try {
            return new URI(
                    given.getScheme(), null, given.getHost(), given.getPort(), null, null, null);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("be a URL with a host", e);
        }
    }

    private static String firstLine(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return "";
        }
    }

    private static boolean isCredentials(String text) {
        return text.indexOf(':') > 0 && text.chars().noneMatch(Character::isISOControl);
    }

    /**
     * The value for {@code Proxy-Authorization} (RFC 7617); empty when the proxy asks for nothing.
     *
     * @throws IOException when the file is not what it should be
     */
    public Optional<String> authorization() throws IOException {
        String credentials = inline;
        if (file != null) {
            credentials = Files.readString(file, StandardCharsets.UTF_8).strip();
            if (!isCredentials(credentials)) {
                throw new IOException("proxy_credentials_file must " + FORM + ": " + file);
            }
        }
        return Optional.ofNullable(credentials)
                .map(text ->
                        "Basic "
                                + Base64.getEncoder()
                                        .encodeToString(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** The URL, and whether there are credentials. */
    @Override
    public String toString() {
        return inline == null ? url.toString() : url + " (with credentials)";
    }
}
