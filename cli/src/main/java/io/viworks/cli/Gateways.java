package io.viworks.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** {@code gateways}: a table of those that match. */
final class Gateways {
    static final String FORM =
            "gateways [--site S] [--label k=v]… [--status S]… [--q TEXT] [--json]";

    /** Most gateways that are shown; the rest is for narrower questions. */
    static final int MAX = 2_000;

    private static final int PAGE = 200;
    private static final String FIELDS =
            "agent_id,display_name,site,status,stale,clone_suspected,telemetry";

    private final Api api;
    private final Terminal terminal;

    Gateways(Api api, Terminal terminal) {
        this.api = api;
        this.terminal = terminal;
    }

    int run(List<String> args) throws Misunderstood, ApiTrouble, InterruptedException {
        Words words =
                Words.of(args, Set.of("--site", "--label", "--status", "--q"), Set.of("--json"));
        words.exactly(0, FORM);
        boolean json = words.has("--json");
        Optional<String> site = words.one("--site");
        Optional<String> q = words.one("--q");
        Table table =
                new Table("GATEWAY", "NAME", "SITE", "STATUS", "TELEMETRY", "CPU", "MEM", "DISK");
        String cursor = "";
        int count = 0;
        do {
            Query query = new Query();
            site.ifPresent(value -> query.with("site", value));
            q.ifPresent(value -> query.with("q", value));
            query.withAll("label", words.all("--label"))
                    .withAll("status", words.all("--status"))
                    .with("limit", "" + PAGE);
            if (!json) {
                query.with("fields", FIELDS);
            }
            if (!cursor.isEmpty()) {
                query.with("cursor", cursor);
            }
            Api.Answer page = api.get("/gateways" + query);
            for (JsonNode gateway : page.body().path("items")) {
                if (json) { // one page at a time: a list of all might not fit
                    terminal.out().println((count == 0 ? "[" : ",") + Json.shown(gateway));
                } else {
                    row(table, gateway, page.at());
                }
                count++;
            }
            cursor = Json.text(page.body(), "next_cursor");
        } while (!cursor.isEmpty() && count < MAX);
        if (json) {
            terminal.out().println(count == 0 ? "[]" : "]");
        } else if (!table.isEmpty()) {
            terminal.out().print(table);
        }
        if (count == 0) {
            terminal.remark("No gateway that you may see matches.");
        } else if (!cursor.isEmpty()) {
            terminal.remark(
                    "These are the first "
                            + count
                            + "; there are more. Narrow them with --site, --label, --status or"
                            + " --q.");
        }
        return Exit.OK;
    }

    private static void row(Table table, JsonNode gateway, Instant now) {
        JsonNode figures = gateway.path("telemetry");
        String age = age(Json.text(figures, "reported_at"), now);
        boolean stale = gateway.path("stale").asBoolean(false);
        boolean clone = gateway.path("clone_suspected").asBoolean(false);
        table.row(
                Json.text(gateway, "agent_id"),
                Json.text(gateway, "display_name"),
                Json.text(gateway, "site"),
                Json.text(gateway, "status") + (clone ? ", clone?" : ""),
                stale && !age.isEmpty() ? age + " (stale)" : age,
                percent(figures, "cpu_pct"),
                percent(figures, "mem_pct"),
                percent(figures, "disk_pct"));
    }

    private static String percent(JsonNode figures, String name) {
        JsonNode value = figures.path(name);
        return value.isNumber() ? String.format(Locale.ROOT, "%.0f %%", value.asDouble()) : "";
    }

    /** How long ago an instant was, in its largest unit; empty when there is none. */
    static String age(String instant, Instant now) {
        Duration age;
        try {
            age = Duration.between(Instant.parse(instant), now);
        } catch (DateTimeParseException e) {
            return "";
        }
        long seconds = Math.max(0, age.toSeconds());
        if (seconds < 120) {
            return seconds + " s";
        }
        if (seconds < 2 * 3600) {
            return seconds / 60 + " min";
        }
        return seconds < 2 * 86_400 ? seconds / 3600 + " h" : seconds / 86_400 + " d";
    }
}
