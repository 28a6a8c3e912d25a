package io.viworks.admin.event.live;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** How every stream begins, and where. Thread-safe. */
@Component
final class StreamStart {
    /** When a reader that lost its connection is to come again, and what is added by chance. */
    private static final Duration RETRY = Duration.ofSeconds(1);

    private static final int SPREAD_MS = 4_000;

    /** Before every place of a stream, and so never kept: whoever comes with it loads anew. */
    private static final String NOWHERE = "0-0";

    private static final Pattern PLACE = Pattern.compile("\\d{1,19}-\\d{1,19}");

    private final RandomGenerator random = RandomGenerator.getDefault();

    /**
     * Where a reader goes on; null when it begins. A text that is no place is one nobody keeps: an
     * error would make browsers give up for ever.
     *
     * @param header {@code Last-Event-ID}, which browsers send when they come again
     * @param parameter what else says it
     */
    static @Nullable String place(@Nullable String header, @Nullable String parameter) {
        String text = header == null || header.isBlank() ? parameter : header;
        if (text == null || text.isBlank()) {
            return null;
        }
        return PLACE.matcher(text.strip()).matches() ? text.strip() : NOWHERE;
    }

    /** Whether only the headers are asked for; they are set then. */
    boolean isOnlyAsked(HttpServletRequest request, HttpServletResponse response) {
        if (!"HEAD".equals(request.getMethod())) {
            return false;
        }
        SseOut.headers(response);
        return true;
    }

    /** Begins an answer; readers of a process that ends do not come back all at once. */
    SseOut begin(HttpServletResponse response) throws IOException {
        SseOut out = SseOut.begin(response);
        out.retry(RETRY.plusMillis(random.nextInt(SPREAD_MS)));
        return out;
    }

    /** What an end by a failed write is counted as. */
    static String why(IOException failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof SocketTimeoutException) {
                return "stalled";
            }
        }
        return "gone";
    }
}
