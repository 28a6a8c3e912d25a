package io.viworks.service;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where Redis is, with the password put in when it is kept apart: one server, or several sentinels
 * and the name of what they watch over.
 */
public final class RedisUrl {
    private static final String DEFAULT = "redis://127.0.0.1:6379";

    /** {@code scheme://[user[:password]@]where}; the last at sign ends the login. */
    private static final Pattern FORM =
            Pattern.compile("(rediss?(?:-sentinel)?)://(?:([^@/#?]*)@)?([^@]+)");

    private static final String HOST =
            "(?:\\[[0-9a-fA-F:.%]+\\]|[^\\s\\[\\]:,/?#@]+)(?::(\\d{1,5}))?";
    private static final Pattern ONE = Pattern.compile(HOST + "(?:[/?][^#]*)?");
    private static final Pattern SENTINELS =
            Pattern.compile(HOST + "(?:," + HOST + ")*(?:/\\d*)?#[A-Za-z0-9._-]+");
    private static final Pattern PORT = Pattern.compile(":(\\d{1,5})(?=[,/?#]|$)");

    private RedisUrl() {}

    /** Reads VIW_REDIS_URL, and VIW_REDIS_PASSWORD or VIW_REDIS_PASSWORD_FILE. */
    public static String from(Config config) {
        Optional<String> password = config.secret("VIW_REDIS_PASSWORD");
        String url = config.text("VIW_REDIS_URL", "redis://127.0.0.1:6379");
        Matcher form = FORM.matcher(url);
        if (!form.matches() || !isRight(form, password.isPresent())) {
            // Not the value: it may hold the password.
            config.mistake(
                    "VIW_REDIS_URL must be redis://user@host:port with the password in"
                            + " VIW_REDIS_PASSWORD, or redis://user:password@host:port; or"
                            + " redis-sentinel://user@host:port,host:port,host:port#name of the"
                            + " master; a Redis Cluster is not supported");
            return DEFAULT;
        }
        return password.map(secret -> with(form, secret)).orElse(url);
    }

    private static boolean isRight(Matcher form, boolean passwordApart) {
        String login = form.group(2);
        if (passwordApart && login != null && login.contains(":")) {
            return false;
        }
        String where = form.group(3);
        boolean sentinels = form.group(1).endsWith("-sentinel");
        return (sentinels ? SENTINELS : ONE).matcher(where).matches()
                && PORT.matcher(where)
                        .results()
                        .mapToInt(port -> Integer.parseInt(port.group(1)))
                        .allMatch(port -> port > 0 && port <= 65_535);
    }

    private static String with(Matcher form, String password) {
        String user = form.group(2) == null ? "" : form.group(2);
        String encoded = URLEncoder.encode(password, StandardCharsets.UTF_8).replace("+", "%20");
        return form.group(1) + "://" + user + ":" + encoded + "@" + form.group(3);
    }
}
