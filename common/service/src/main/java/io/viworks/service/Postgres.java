package io.viworks.service;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where Postgres is, and who logs in there. */
public final class Postgres {
    private static final String FORM =
            "VIW_JDBC_URL must be jdbc:postgresql://host:port/database, with the login in"
                    + " VIW_JDBC_USER and VIW_JDBC_PASSWORD";

    /** Several hosts are several servers of one database, tried in turn. */
    private static final Pattern URL =
            Pattern.compile(
                    "jdbc:postgresql://(?<hosts>[^/?#@\\s]+)/[^/?#\\s]+(?<parameters>\\?\\S*)?");

    private static final Pattern HOST =
            Pattern.compile("([A-Za-z0-9._-]+|\\[[0-9a-fA-F:.]+])(:(?<port>[0-9]{1,5}))?");

    private static final Pattern LOGIN = Pattern.compile("[?&](user|password)=");

    private Postgres() {}

    /**
     * Reads VIW_JDBC_URL, VIW_JDBC_USER and VIW_JDBC_PASSWORD or VIW_JDBC_PASSWORD_FILE, and hands
     * them to Spring's data source.
     *
     * @param role who logs in unless VIW_JDBC_USER says otherwise
     */
    public static void from(Config config, String role) {
        String url = config.required("VIW_JDBC_URL");
        if (!url.isEmpty() && !isRight(url)) {
            // Not the value: it may hold a password.
            config.mistake(FORM);
        }
        config.spring("spring.datasource.url", url);
        config.spring("spring.datasource.username", config.text("VIW_JDBC_USER", role));
        config.secret("VIW_JDBC_PASSWORD")
                .ifPresent(password -> config.spring("spring.datasource.password", password));
    }

    /**
     * {@link #from} for who writes in batches: each statement is planned with every batch, for the
     * tables as they are then. A plan that is kept may have been made for a table that was empty,
     * and would read it whole until its statistics are taken; planning costs a batch little.
     */
    public static void forBatches(Config config, String role) {
        from(config, role);
        config.spring(
                "spring.datasource.hikari.connection-init-sql",
                "set plan_cache_mode = force_custom_plan");
    }

    /**
     * {@link #from} for who writes a few rows as often as many, each found by its key. Postgres
     * would plan anew for every array that rows are named by, which takes longer than to move one
     * row; so it keeps its plans, and makes none that reads a table whole: not even while the table
     * is empty.
     */
    public static void forKeyedRows(Config config, String role) {
        from(config, role);
        config.spring(
                "spring.datasource.hikari.connection-init-sql",
                "set plan_cache_mode = force_generic_plan; set enable_seqscan = off");
    }

    private static boolean isRight(String text) {
        Matcher url = URL.matcher(text);
        if (!url.matches()) {
            return false;
        }
        String parameters = url.group("parameters");
        if (parameters != null && LOGIN.matcher(parameters).find()) {
            return false;
        }
        for (String host : url.group("hosts").split(",", -1)) {
            Matcher one = HOST.matcher(host);
            if (!one.matches() || !isPort(one.group("port"))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isPort(@Nullable String digits) {
        if (digits == null) {
            return true;
        }
        int port = Integer.parseInt(digits);
        return port > 0 && port <= 65_535;
    }
}
