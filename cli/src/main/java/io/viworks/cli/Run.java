package io.viworks.cli;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code run}: sends a command and follows it. Its output goes where it would if it ran here. */
final class Run {
    static final String FORM =
            "run <gateway> <verb> [name=value …] [--timeout S] [--ttl S] [--json]";

    private static final int MAX_TTL_S = 7 * 24 * 3600;
    private static final int MAX_TIMEOUT_S = 3600;

    private final Api api;
    private final Terminal terminal;
    private final Farewell farewell;

    Run(Api api, Terminal terminal, Farewell farewell) {
        this.api = api;
        this.terminal = terminal;
        this.farewell = farewell;
    }

    int run(List<String> args) throws Misunderstood, ApiTrouble, InterruptedException {
        Words words = Words.of(args, Set.of("--timeout", "--ttl"), Set.of("--json"));
        if (words.plain().size() < 2) {
            throw new Misunderstood("It is: " + FORM);
        }
        String gateway = words.gateway(0);
        Optional<Integer> timeout = words.number("--timeout", 1, MAX_TIMEOUT_S);
        Optional<Integer> ttl = words.number("--ttl", 1, MAX_TTL_S);
        JsonNode verb = verb(words.plain().get(1));
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.put("command", Json.text(verb, "name"));
        body.set(
                "parameters",
                new VerbArguments(verb).read(words.plain().subList(2, words.plain().size())));
        timeout.ifPresent(seconds -> body.put("timeout_s", seconds));
        ttl.ifPresent(seconds -> body.put("ttl_s", seconds));

        String commands = "/gateways/" + Api.part(gateway) + "/commands";
        String id = Harmless.cell(Json.text(api.post(commands, body).body(), "correlation_id"));
        String cancel = "./viw cancel " + gateway + " " + id;
        terminal.remark(id);
        farewell.say("Not followed any more; the command goes on. To cancel it: " + cancel);
        try {
            boolean json = words.has("--json");
            JsonNode command = follow(commands + "/" + Api.part(id), json);
            return Exit.of(Json.text(command, "state"));
        } catch (ApiTrouble trouble) {
            terminal.remark(
                    "The command was accepted, how it ends was not seen. To cancel it: " + cancel);
            throw trouble;
        } finally {
            farewell.nothing();
        }
    }

    private JsonNode verb(String name) throws Misunderstood, ApiTrouble, InterruptedException {
        JsonNode verbs = api.get("/verbs").body().path("items");
        for (JsonNode verb : verbs) {
            if (Json.text(verb, "name").equals(name)) {
                return verb;
            }
        }
        throw new Misunderstood(
                "There is no verb "
                        + Harmless.cell(name)
                        + ". There are: "
                        + StreamSupport.stream(verbs.spliterator(), false)
                                .map(verb -> Harmless.cell(Json.text(verb, "name")))
                                .collect(Collectors.joining(", "))
                        + ".");
    }

    private JsonNode follow(String path, boolean json) throws ApiTrouble, InterruptedException {
        LiveOutput out = new LiveOutput(terminal.out());
        LiveOutput err = new LiveOutput(terminal.err());
        Following.Seen seen =
                new Following.Seen() {
                    private String last = "";

                    @Override
                    public void state(String state) {
                        if (!state.equals(last)) {
                            last = state;
                            terminal.remark(Harmless.cell(state));
                        }
                    }

                    @Override
                    public void output(boolean stderr, String text) {
                        if (!json) {
                            (stderr ? err : out).piece(text);
                        }
                    }

                    @Override
                    public void reset() {
                        terminal.remark("(some of the output is not kept any more)");
                    }
                };
        JsonNode command = new Following(api, path, seen).end();
        seen.state(Json.text(command, "state"));
        if (json) {
            terminal.out().println(Json.shown(command));
        } else {
            show(command, out, err);
        }
        return command;
    }

    private void show(JsonNode command, LiveOutput out, LiveOutput err) {
        JsonNode result = result(command.path("results"));
        boolean gap = out.end(Json.text(result, "stdout"));
        gap |= err.end(Json.text(result, "stderr"));
        if (gap) {
            terminal.remark("(pieces were missing above; the result was shown whole after them)");
        }
        JsonNode data = result.path("data");
        if (!data.isMissingNode() && !data.isNull() && !(data.isContainer() && data.isEmpty())) {
            terminal.out().println(Json.shown(data));
        }
        if (result.path("truncated").asBoolean(false)) {
            terminal.remark("(the gateway cut the output; this is not all of it)");
        }
        if (result.path("late").asBoolean(false)) {
            terminal.remark("(this result came after the command was given up)");
        }
        why(command, result);
    }

    /** The result that counted, else one that came late. */
    private static JsonNode result(JsonNode results) {
        for (JsonNode result : results) {
            if (!result.path("late").asBoolean(false)) {
                return result;
            }
        }
        return results.path(0);
    }

    private void why(JsonNode command, JsonNode result) {
        String rc = Json.text(result, "rc");
        if (!rc.isEmpty() && !rc.equals("0")) {
            terminal.remark("exit code " + Harmless.cell(rc));
        }
        String code = Json.text(command, "error_code");
        code = code.isEmpty() ? Json.text(result, "error_code") : code;
        String reason = Json.text(command, "reason");
        reason = reason.isEmpty() ? Json.text(result, "error_msg") : reason;
        if (!code.isEmpty() || !reason.isEmpty()) {
            String gap = code.isEmpty() || reason.isEmpty() ? "" : ": ";
            terminal.remark(Harmless.cell(code + gap + reason));
        }
    }
}
