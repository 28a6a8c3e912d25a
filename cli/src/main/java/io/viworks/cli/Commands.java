package io.viworks.cli;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** {@code commands}: a table of the latest; {@code cancel}: calls one back. */
final class Commands {
    static final String FORM = "commands [--gateway G] [--state S]… [--limit N] [--json]";
    static final String CANCEL_FORM = "cancel <gateway> <correlation_id>";

    private static final int DEFAULT = 20;
    private static final int MAX = 200;
    private static final String UUID =
            "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

    private final Api api;
    private final Terminal terminal;

    Commands(Api api, Terminal terminal) {
        this.api = api;
        this.terminal = terminal;
    }

    int list(List<String> args) throws Misunderstood, ApiTrouble, InterruptedException {
        Words words = Words.of(args, Set.of("--gateway", "--state", "--limit"), Set.of("--json"));
        words.exactly(0, FORM);
        Query query = new Query();
        Optional<String> gateway = words.one("--gateway");
        gateway.ifPresent(id -> query.with("agent_id", id));
        query.withAll("state", words.all("--state"))
                .with("limit", "" + words.number("--limit", 1, MAX).orElse(DEFAULT));
        JsonNode page = api.get("/commands" + query).body();
        if (words.has("--json")) {
            terminal.out().println(Json.shown(page.path("items")));
            return Exit.OK;
        }
        Table table =
                new Table("ISSUED", "GATEWAY", "VERB", "STATE", "BY", "CORRELATION ID", "WHY");
        for (JsonNode command : page.path("items")) {
            table.row(
                    Json.text(command, "issued_at"),
                    Json.text(command, "agent_id"),
                    Json.text(command, "command"),
                    Json.text(command, "state"),
                    Json.text(command, "issued_by"),
                    Json.text(command, "correlation_id"),
                    Json.text(command, "error_code"));
        }
        if (table.isEmpty()) {
            terminal.remark("No command that you may see matches.");
            return Exit.OK;
        }
        terminal.out().print(table);
        if (!Json.text(page, "next_cursor").isEmpty()) {
            terminal.remark("There are older ones: --limit N shows up to " + MAX + ".");
        }
        return Exit.OK;
    }

    int cancel(List<String> args) throws Misunderstood, ApiTrouble, InterruptedException {
        Words words = Words.of(args, Set.of(), Set.of());
        words.exactly(2, CANCEL_FORM);
        String gateway = words.gateway(0);
        String id = words.plain().get(1);
        if (!id.matches(UUID)) {
            throw new Misunderstood("A correlation id is a UUID in lower case, as run prints it.");
        }
        JsonNode command =
                api.post("/gateways/" + Api.part(gateway) + "/commands/" + id + "/cancel", null)
                        .body();
        String state = Harmless.cell(Json.text(command, "state"));
        terminal.out()
                .println(
                        state.equals("CANCELLED")
                                ? "CANCELLED"
                                : state + "; the gateway is asked to stop it.");
        return Exit.OK;
    }
}
