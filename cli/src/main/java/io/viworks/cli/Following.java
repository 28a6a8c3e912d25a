package io.viworks.cli;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Follows one command to its end: by its stream of events, or by asking where there is none. For
 * one thread.
 */
final class Following {
    private static final Duration ASK = Duration.ofMillis(500);

    /** How long the API may be away before it is given up. */
    private static final Duration AWAY = Duration.ofSeconds(30);

    /** A stream that is silent for so long is dead: signs of life come far more often. */
    private static final Duration SILENCE = Duration.ofSeconds(60);

    private static final List<String> UNDER_WAY = List.of("QUEUED", "DISPATCHED", "ACKED");

    private final Api api;
    private final String path;
    private final Seen seen;
    private @Nullable String lastId;
    private long awaySince;

    /** Who is told. */
    interface Seen {
        void state(String state);

        /** A piece of live output. */
        void output(boolean stderr, String text);

        /** What was shown before is not kept any more, and some of it may come again. */
        void reset();
    }

    /**
     * Of one command.
     *
     * @param path of the command
     */
    Following(Api api, String path, Seen seen) {
        this.api = api;
        this.path = path;
        this.seen = seen;
    }

    /** Waits for the end. */
    JsonNode end() throws ApiTrouble, InterruptedException {
        boolean streams = true;
        while (true) {
            if (streams) {
                try (InputStream in = api.listen(path + "/output", lastId)) {
                    streams = in != null;
                    JsonNode end = in == null ? null : read(in);
                    if (end != null) {
                        return end;
                    }
                } catch (IOException | JacksonException broken) {
                    // asked below how things are, then on from the last event
                }
            }
            JsonNode command = ask();
            if (command != null && !UNDER_WAY.contains(Json.text(command, "state"))) {
                return command;
            }
            if (command != null && !streams) {
                seen.state(Json.text(command, "state"));
            }
            Thread.sleep(ASK);
        }
    }

    private @Nullable JsonNode ask() throws ApiTrouble, InterruptedException {
        try {
            JsonNode command = api.get(path).body();
            awaySince = 0;
            return command;
        } catch (ApiTrouble trouble) {
            long now = System.nanoTime();
            awaySince = awaySince == 0 ? now : awaySince;
            if (!trouble.away() || now - awaySince > AWAY.toNanos()) {
                throw trouble;
            }
            return null;
        }
    }

    /** The command at its end; null when the stream ended before. */
    private @Nullable JsonNode read(InputStream in) throws IOException {
        AtomicLong alive = new AtomicLong(System.nanoTime());
        EventReader events = new EventReader(new Watched(in, alive));
        Thread watch = Thread.ofPlatform().daemon().name("silence").start(() -> watch(in, alive));
        try {
            for (EventReader.Event event = events.next(); event != null; event = events.next()) {
                lastId = events.lastId();
                JsonNode data = Json.MAPPER.readTree(event.data());
                switch (event.name()) {
                    case "state" -> seen.state(Json.text(data, "state"));
                    case "output" ->
                            seen.output(
                                    Json.text(data, "stream").equals("stderr"),
                                    Json.text(data, "text"));
                    case "reset" -> seen.reset();
                    case "end" -> {
                        return data;
                    }
                    default -> {
                        // newer than this program
                    }
                }
            }
            return null;
        } finally {
            watch.interrupt();
        }
    }

    private static void watch(InputStream in, AtomicLong alive) {
        try {
            while (System.nanoTime() - alive.get() < SILENCE.toNanos()) {
                Thread.sleep(Duration.ofSeconds(1));
            }
            in.close();
        } catch (InterruptedException | IOException e) {
            // the stream is over
        }
    }

    /** Notes when something came. */
    private static final class Watched extends InputStream {
        private final InputStream in;
        private final AtomicLong alive;

        Watched(InputStream in, AtomicLong alive) {
            this.in = in;
            this.alive = alive;
        }

        @Override
        public int read() throws IOException {
            int one = in.read();
            alive.set(System.nanoTime());
            return one;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int count = in.read(buffer, offset, length);
            alive.set(System.nanoTime());
            return count;
        }

        @Override
        public int available() throws IOException {
            return in.available();
        }
    }
}
