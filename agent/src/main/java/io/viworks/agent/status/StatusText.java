package io.viworks.agent.status;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import tools.jackson.databind.JsonNode;

/** The status for people: one line for each part, and what is wrong with it in words. */
public final class StatusText {
    private final StringJoiner lines = new StringJoiner("\n");

    private StatusText() {}

    public static String of(JsonNode status) {
        StatusText text = new StatusText();
        text.line(
                "agent",
                "%s, version %s, pid %s, up %s"
                        .formatted(
                                word(status, "agent_id"),
                                word(status, "version"),
                                word(status, "pid"),
                                time(status.path("uptime_s"))));
        if (status.has("problem")) {
            text.line("problem", word(status, "problem"));
        }
        if (status.has("connection")) {
            text.connection(status.path("connection"));
            text.identity(status.path("identity"));
            text.telemetry(status.path("telemetry"));
            text.journal(status.path("journal"), status.path("outbox"));
        }
        text.helper(status.path("helper"));
        JsonNode process = status.path("process");
        text.line(
                "process",
                "%s resident, %s threads, %s descriptors"
                        .formatted(
                                bytes(process.path("resident_bytes")),
                                word(process, "threads"),
                                word(process, "descriptors")));
        return text.lines.toString();
    }

    private void connection(JsonNode connection) {
        String url = word(connection, "backend_url");
        String since = word(connection, "since");
        switch (word(connection, "state")) {
            case "connected" -> {
                line(
                        "connection",
                        "connected to %s since %s (%s)"
                                .formatted(url, since, time(connection.path("for_s"))));
                line(
                        "",
                        "session %s, connection %s, clock %s ms ahead of the bridge's"
                                .formatted(
                                        word(connection, "session_id"),
                                        word(connection, "conn_id"),
                                        word(connection, "clock_skew_ms")));
            }
            case "connecting" ->
                    line(
                            "connection",
                            "NOT CONNECTED; connecting to %s since %s".formatted(url, since));
            case "waiting" ->
                    line(
                            "connection",
                            "NOT CONNECTED to %s since %s; next attempt %s (in %s)"
                                    .formatted(
                                            url,
                                            since,
                                            word(connection, "next_attempt_at"),
                                            time(connection.path("next_attempt_in_s"))));
            default -> line("connection", "NOT CONNECTED; the agent stops");
        }
        if (connection.path("problem").isString()) {
            line("", "because: " + word(connection, "problem"));
        }
        line(
                "",
                "%s attempts, %s sessions in this life"
                        .formatted(word(connection, "attempts"), word(connection, "sessions")));
    }

    private void identity(JsonNode identity) {
        String used =
                switch (word(identity, "proved_by")) {
                    case "key" -> "key " + word(identity, "key_id");
                    case "shared_secret" -> "the shared secret";
                    case "certificate" -> "its certificate alone";
                    default -> "nothing yet";
                };
        JsonNode end = identity.path("certificate_expires_at");
        line("identity", used + (end.isString() ? ", certificate until " + end.asString("") : ""));
        for (JsonNode key : identity.path("keys")) {
            line("", "key " + word(key, "key_id") + ": " + String.join(", ", words(key)));
        }
    }

    private static List<String> words(JsonNode key) {
        if (!key.path("enrolled").asBoolean(false)) {
            return List.of("not enrolled");
        }
        List<String> words = new ArrayList<>();
        JsonNode end = key.path("expires_at");
        words.add(end.isString() ? "until " + end.asString("") : "no end");
        JsonNode certificate = key.path("certificate_expires_at");
        if (certificate.isString()) {
            words.add("certificate until " + certificate.asString(""));
        }
        JsonNode renewal = key.path("renewal_at");
        words.add(renewal.isString() ? "renewed from " + renewal.asString("") : "never renewed");
        return words;
    }

    private void telemetry(JsonNode telemetry) {
        String last =
                telemetry.path("last_sent_at").isString()
                        ? "last sent %s (%s ago), %s; every %s s"
                                .formatted(
                                        word(telemetry, "last_sent_at"),
                                        time(telemetry.path("age_s")),
                                        bytes(telemetry.path("last_bytes")),
                                        word(telemetry, "interval_s"))
                        : "none sent yet";
        line(
                "telemetry",
                "%s; %s sent, %s dropped in this life"
                        .formatted(last, word(telemetry, "sent"), word(telemetry, "dropped")));
    }

    private void journal(JsonNode journal, JsonNode outbox) {
        if (journal.has("problem")) {
            line("journal", "cannot be read: " + word(journal, "problem"));
            return;
        }
        line(
                "journal",
                "%s accepted, %s started, %s finished, %s refused (at most %s); %s of %s, file %s"
                        .formatted(
                                word(journal, "accepted"),
                                word(journal, "started"),
                                word(journal, "finished"),
                                word(journal, "refused"),
                                word(journal, "max_entries"),
                                bytes(journal.path("bytes")),
                                bytes(journal.path("max_bytes")),
                                bytes(journal.path("file_bytes"))));
        line(
                "outbox",
                "%s results wait for a confirmation, %s of them sent (at most %s); %s of %s"
                        .formatted(
                                word(outbox, "waiting"),
                                word(outbox, "sent_unconfirmed"),
                                word(outbox, "max_waiting"),
                                bytes(outbox.path("bytes")),
                                bytes(outbox.path("max_bytes"))));
    }

    private void helper(JsonNode helper) {
        if (helper.isMissingNode()) {
            line("helper", "none is configured");
        } else if (helper.path("reachable").asBoolean(false)) {
            line("helper", "reachable at " + word(helper, "socket"));
        } else {
            line(
                    "helper",
                    "NOT REACHABLE at %s: %s"
                            .formatted(word(helper, "socket"), word(helper, "problem")));
        }
    }

    private void line(String name, String text) {
        lines.add("%-11s %s".formatted(name, text).stripTrailing());
    }

    private static String word(JsonNode node, String name) {
        return node.path(name).asString("-");
    }

    private static String time(JsonNode seconds) {
        Duration time = Duration.ofSeconds(seconds.asLong(0));
        if (time.toDays() > 0) {
            return "%d d %d h".formatted(time.toDays(), time.toHoursPart());
        }
        if (time.toHours() > 0) {
            return "%d h %d min".formatted(time.toHours(), time.toMinutesPart());
        }
        return time.toMinutes() > 0
                ? "%d min %d s".formatted(time.toMinutes(), time.toSecondsPart())
                : time.toSeconds() + " s";
    }

    private static String bytes(JsonNode count) {
        long bytes = count.asLong(0);
        if (bytes < 1024) {
            return bytes + " B";
        }
        return bytes < 1 << 20
                ? String.format(Locale.ROOT, "%.1f KiB", bytes / 1024.0)
                : String.format(Locale.ROOT, "%.1f MiB", bytes / 1048576.0);
    }
}
