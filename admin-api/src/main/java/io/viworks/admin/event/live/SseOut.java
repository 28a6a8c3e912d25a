package io.viworks.admin.event.live;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Writes a stream of events as browsers read them (WHATWG HTML, section 9.2). Blocks while the
 * reader takes nothing; Tomcat ends that after its connection timeout. For one thread.
 */
final class SseOut {
    private final OutputStream out;
    private long lastWrite = System.nanoTime();

    private SseOut(OutputStream out) {
        this.out = out;
    }

    /** Begins the answer; no proxy may keep it back, and nobody may keep it. */
    static SseOut begin(HttpServletResponse response) throws IOException {
        headers(response);
        return new SseOut(response.getOutputStream());
    }

    /** The headers of such an answer. */
    static void headers(HttpServletResponse response) {
        response.setStatus(HttpServletResponse.SC_OK);
        response.setContentType("text/event-stream;charset=UTF-8");
        response.setHeader("Cache-Control", "no-store");
        response.setHeader("X-Accel-Buffering", "no");
    }

    /** When a reader that lost its connection is to come again. */
    void retry(Duration pause) throws IOException {
        write("retry: " + pause.toMillis() + "\n\n");
    }

    /**
     * One event.
     *
     * @param id what its reader has seen with it; null for nothing new
     * @param json in one line
     */
    void event(@Nullable String id, String name, byte[] json) throws IOException {
        write((id == null ? "" : "id: " + id + "\n") + "event: " + name + "\ndata: ");
        out.write(json);
        write("\n\n");
    }

    /** A sign of life, which programs do not see. It may say what its reader has seen by now. */
    void heartbeat(@Nullable String id) throws IOException {
        write(":\n" + (id == null ? "" : "id: " + id + "\n") + "\n");
    }

    void flush() throws IOException {
        out.flush();
        lastWrite = System.nanoTime();
    }

    /** How long nothing was sent. */
    Duration silence() {
        return Duration.ofNanos(System.nanoTime() - lastWrite);
    }

    private void write(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
    }
}
