package io.viworks.service;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;

/** Where Redis is, with the password put in when it is kept apart. */
public final class RedisUrl {
    private RedisUrl() {}

    /** Reads VIW_REDIS_URL, and VIW_REDIS_PASSWORD or VIW_REDIS_PASSWORD_FILE. */
    public static String from(Config config) {
        Optional<String> password = config.secret("VIW_REDIS_PASSWORD");
        String url = config.text("VIW_REDIS_URL", "redis://127.0.0.1:6379");
        if (!isRight(url, password.isPresent())) {
            // Not the value: it may hold the password.
            config.mistake(
                    "VIW_REDIS_URL must be redis://user@host:port with the password in"
                            + " VIW_REDIS_PASSWORD, or redis://user:password@host:port");
            return "redis://127.0.0.1:6379";
        }
        return password.map(secret -> with(url, secret)).orElse(url);
    }

    private static boolean isRight(String text, boolean passwordApart) {
        try {
            URI uri = new URI(text);
            boolean redis = "redis".equals(uri.getScheme()) || "rediss".equals(uri.getScheme());
            boolean two =
                    passwordApart
                            && uri.getRawUserInfo() != null
                            && uri.getRawUserInfo().contains(":");
            boolean port = uri.getPort() == -1 || (uri.getPort() > 0 && uri.getPort() <= 65_535);
            return redis && uri.getHost() != null && port && !two;
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static String with(String url, String password) {
        URI uri = URI.create(url);
        String user = uri.getRawUserInfo() == null ? "" : uri.getRawUserInfo();
        String encoded =
                java.net.URLEncoder.encode(password, java.nio.charset.StandardCharsets.UTF_8)
                        .replace("+", "%20");
        String rest =
                url.substring(url.indexOf("://") + 3 + (user.isEmpty() ? 0 : user.length() + 1));
        return uri.getScheme() + "://" + user + ":" + encoded + "@" + rest;
    }
}
