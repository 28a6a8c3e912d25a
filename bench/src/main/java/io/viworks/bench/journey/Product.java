package io.viworks.bench.journey;

import io.viworks.bench.AdminApi;
import io.viworks.protocol.AgentId;
import java.io.IOException;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The way through the packaged services, as a caller of the API sees it. For one thread. */
final class Product {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Pattern ID = Pattern.compile("\"correlation_id\":\"([0-9a-f-]{36})\"");
    private static final Pattern STATE = Pattern.compile("\"state\":\"([A-Z_]+)\"");

    private final AdminApi api;
    private long gets;
    private String receipt = "";
    private String view = "";

    Product(AdminApi api) {
        this.api = api;
    }

    /**
     * Sends one command and asks for it again and again, without a pause, until its result is
     * there.
     *
     * @throws IOException when it ends otherwise than well, or not in time
     */
    Way walk(AgentId agent, String body) throws IOException, InterruptedException {
        String commands = "/gateways/" + agent + "/commands";
        long begun = System.nanoTime();
        receipt = api.post(commands, body);
        long accepted = System.nanoTime();
        String path = commands + "/" + found(ID, receipt);
        String state;
        do {
            view = api.get(path);
            gets++;
            state = found(STATE, view);
            if (System.nanoTime() - begun > PATIENCE.toNanos()) {
                throw new IOException("no result in time: " + view);
            }
        } while (isOpen(state));
        long visible = System.nanoTime();
        if (!state.equals("SUCCEEDED") || !view.contains("\"execution_id\"")) {
            throw new IOException("the command did not end well: " + view);
        }
        return new Way(accepted - begun, visible - begun);
    }

    private static boolean isOpen(String state) {
        return switch (state) {
            case "QUEUED", "DISPATCHED", "ACKED" -> true;
            default -> false;
        };
    }

    private static String found(Pattern pattern, String text) throws IOException {
        Matcher found = pattern.matcher(text);
        if (!found.find()) {
            throw new IOException("an answer without " + pattern + ": " + text);
        }
        return found.group(1);
    }

    /** GETs asked so far. */
    long gets() {
        return gets;
    }

    /** What the last POST was answered. */
    String receipt() {
        return receipt;
    }

    /** What the last GET was answered. */
    String view() {
        return view;
    }
}
