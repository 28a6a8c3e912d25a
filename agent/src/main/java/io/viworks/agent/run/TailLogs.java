package io.viworks.agent.run;

import io.viworks.agent.host.JournalLine;
import io.viworks.agent.host.Journald;
import io.viworks.protocol.Limits;
import io.viworks.protocol.frame.EncodedText;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads a unit's lines: the newest without a cursor, else those after it, the oldest first. Lines
 * that no frame could hold come with the next cursor, or are the older ones of those asked for.
 */
final class TailLogs implements Action {
    /** As much of journalctl's own words as is read, in bytes. */
    private static final int MAX_READ_BYTES = 1024 * 1024;

    /** Most bytes of all lines as encoded; they stand in data and in stdout. */
    private static final int MAX_LINES_BYTES = Limits.MAX_OUTPUT_BYTES - 1024;

    private final Optional<Journald> journald;

    TailLogs(Optional<Journald> journald) {
        this.journald = journald;
    }

    @Override
    public Answer run(Task task) throws IOException, Stopped {
        Journald journal =
                journald.orElseThrow(() ->
                        new IOException(
                                "there is no journalctl on this gateway: install systemd,"
                                        + " or mount the host's journal and its program"));
        String unit = task.args().required("unit").stringValue();
        int lines = task.args().required("lines").intValue();
        String cursor = task.args().path("since_cursor").asString("");
        return cursor.isEmpty()
                ? newest(task, journal, unit, lines)
                : after(task, journal, unit, lines, cursor);
    }

    private static Answer newest(Task task, Journald journal, String unit, int lines)
            throws IOException, Stopped {
        var end = task.head(journal.newest(unit, lines, task.timeout(), task.id()), MAX_READ_BYTES);
        List<JournalLine> found = Journald.lines(end);
        List<JournalLine> shown = fitting(found, lines).reversed();
        boolean cut = end.truncated() || shown.size() < Math.min(lines, found.size());
        return answer(shown, "", false, cut);
    }

    private static Answer after(Task task, Journald journal, String unit, int lines, String cursor)
            throws IOException, Stopped {
        var end = task.head(journal.after(cursor, unit, task.timeout(), task.id()), MAX_READ_BYTES);
        List<JournalLine> found = Journald.lines(end);
        List<JournalLine> shown = fitting(found, lines);
        boolean more = end.truncated() || shown.size() < found.size();
        return answer(shown, cursor, more, false);
    }

    /** As many of the first as may be shown, and at least one. */
    private static List<JournalLine> fitting(List<JournalLine> found, int most) {
        int bytes = 0;
        int count = 0;
        for (JournalLine line : found.subList(0, Math.min(most, found.size()))) {
            bytes += EncodedText.length(line.text()) + 3;
            if (bytes > MAX_LINES_BYTES && count > 0) {
                break;
            }
            count++;
        }
        return found.subList(0, count);
    }

    private static Answer answer(
            List<JournalLine> shown, String cursor, boolean more, boolean truncated) {
        ObjectNode data = JsonNodeFactory.instance.objectNode();
        ArrayNode list = data.putArray("lines");
        StringBuilder words = new StringBuilder();
        for (JournalLine line : shown) {
            list.add(line.text());
            words.append(line.text()).append('\n');
        }
        String next = shown.isEmpty() ? cursor : shown.getLast().cursor();
        if (next.isEmpty()) {
            data.putNull("next_cursor"); // there is nothing yet to go on from
        } else {
            data.put("next_cursor", next);
        }
        data.put("more", more);
        return new Answer(null, words.toString(), "", data, truncated);
    }
}
