package io.viworks.cli;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import tools.jackson.databind.JsonNode;

/** The API refused, or does not answer; told in sentences that are harmless on a terminal. */
final class ApiTrouble extends Exception {
    private static final long serialVersionUID = 1;

    private final String sentences;
    private final boolean away;

    private ApiTrouble(String sentences, boolean away) {
        super(sentences);
        this.sentences = sentences;
        this.away = away;
    }

    /** Its problem object (RFC 9457), or what stood in its place. */
    static ApiTrouble refused(int status, JsonNode problem) {
        String title = Json.text(problem, "title");
        String code = Json.text(problem, "code");
        if (title.isEmpty() && code.isEmpty()) {
            return new ApiTrouble(
                    "The API answered "
                            + status
                            + " without saying why; is something else listening there?",
                    isAway(status));
        }
        StringBuilder text = new StringBuilder("The API refused: ");
        text.append(sentence(title));
        String detail = Json.text(problem, "detail");
        if (!detail.isEmpty() && !detail.equalsIgnoreCase(title)) {
            text.append(' ').append(sentence(detail));
        }
        text.append(" (").append(status);
        if (!code.isEmpty()) {
            text.append(' ').append(Harmless.cell(code));
        }
        text.append(')');
        for (JsonNode error : problem.path("errors")) {
            String where = Json.text(error, "pointer");
            where = where.isEmpty() ? Json.text(error, "parameter") : where;
            text.append("\n  ")
                    .append(Harmless.cell(where))
                    .append(where.isEmpty() ? "" : " ")
                    .append(Harmless.cell(Json.text(error, "message")));
        }
        return new ApiTrouble(text.toString(), isAway(status));
    }

    /** No answer came. */
    static ApiTrouble away(URI api, IOException why) {
        String reason =
                switch (why) {
                    case HttpTimeoutException _ -> "it took too long";
                    case ConnectException e
                            when e.getCause() instanceof UnresolvedAddressException ->
                            "its name is not known";
                    case ConnectException _ -> "nothing listens there";
                    default -> Harmless.cell(String.valueOf(why.getMessage()));
                };
        return new ApiTrouble("The API at " + api + " does not answer: " + reason + ".", true);
    }

    /** An answer that is none. */
    static ApiTrouble strange(URI api, int status) {
        return new ApiTrouble(
                "What answers at "
                        + api
                        + " is not the API: "
                        + status
                        + " without JSON. VIW_API_URL is like https://host/admin/api.",
                isAway(status));
    }

    /** Whether asking again later may help. */
    boolean away() {
        return away;
    }

    String sentences() {
        return sentences;
    }

    /** What a proxy says while the API is away. */
    private static boolean isAway(int status) {
        return status == 502 || status == 503 || status == 504;
    }

    private static String sentence(String text) {
        String harmless = Harmless.cell(text.strip());
        if (harmless.isEmpty() || ".!?".indexOf(harmless.charAt(harmless.length() - 1)) >= 0) {
            return harmless;
        }
        return harmless + ".";
    }
}
