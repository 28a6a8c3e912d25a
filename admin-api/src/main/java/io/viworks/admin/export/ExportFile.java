package io.viworks.admin.export;

import jakarta.servlet.http.HttpServletResponse;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ContentDisposition;
import org.springframework.http.HttpHeaders;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * One export on its way to its caller. Nothing is sent before the first row is there, so that a
 * query that fails is answered with a problem. For one thread.
 */
final class ExportFile implements AutoCloseable {
    private static final int BUFFER = 32 * 1024;

    private final String name;
    private final Format format;
    private final List<String> members;
    private final JsonMapper json;
    private final long endNanos;
    private @Nullable Writer out;

    ExportFile(String name, Format format, List<String> members, JsonMapper json, long endNanos) {
        this.name = name;
        this.format = format;
        this.members = members;
        this.json = json;
        this.endNanos = endNanos;
    }

    /** The time of an export is over. */
    static final class TooLong extends RuntimeException {
        TooLong() {
            super("VIW_EXPORT_LONGEST is over", null, false, false);
        }
    }

    /** Writes one item; its members are those of its JSON. */
    void write(@Nullable Object item, HttpServletResponse response) {
        if (System.nanoTime() - endNanos > 0) {
            throw new TooLong();
        }
        try {
            Writer writer = begun(response);
            JsonNode tree = json.valueToTree(item);
            switch (format) {
                case CSV -> new Csv(writer).row(cells(tree));
                case NDJSON, JSON -> {
                    ObjectNode line = JsonNodeFactory.instance.objectNode();
                    members.forEach(member -> line.set(member, tree.path(member)));
                    writer.append(json.writeValueAsString(line)).append('\n');
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes what is still in hand; of an empty list its header. */
    void finish(HttpServletResponse response) {
        try {
            begun(response).flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Begins the answer: from here on a failure shows by the end of the connection. */
    static void head(String name, Format format, HttpServletResponse response) throws IOException {
        response.setContentType(format.contentType());
        response.setHeader(
                HttpHeaders.CONTENT_DISPOSITION,
                ContentDisposition.attachment()
                        .filename(name + "." + format.suffix())
                        .build()
                        .toString());
        response.flushBuffer();
    }

    private Writer begun(HttpServletResponse response) throws IOException {
        if (out == null) {
            head(name, format, response);
            out =
                    new BufferedWriter(
                            new OutputStreamWriter(
                                    response.getOutputStream(), StandardCharsets.UTF_8),
                            BUFFER);
            if (format == Format.CSV) {
                new Csv(out).row(members);
            }
        }
        return out;
    }

    private List<@Nullable Object> cells(JsonNode item) {
        List<@Nullable Object> cells = new ArrayList<>(members.size());
        members.forEach(member -> cells.add(cell(item.path(member))));
        return cells;
    }

    private @Nullable Object cell(JsonNode value) {
        return switch (value.getNodeType()) {
            case NULL, MISSING -> null;
            case NUMBER -> value.numberValue();
            case BOOLEAN -> value.booleanValue();
            case STRING -> value.asString();
            case ARRAY, OBJECT, BINARY, POJO -> json.writeValueAsString(value);
        };
    }

    /** Lets go of the writer without a flush: what was not finished must not look so. */
    @Override
    public void close() {
        out = null;
    }
}
