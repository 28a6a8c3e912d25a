package io.viworks.conformance.packaged.attack;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the services and agents wrote to their logs. */
final class LogLines {
    /** What a forged line would say. */
    static final String FORGED = "viw-forged-line";

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final List<String> OURS =
            List.of("admin-api", "agent-bridge", "telemetry-writer", "results-writer", "demo-");

    private LogLines() {}

    /** Each line is one JSON object of its own service, without anything a terminal acts on. */
    static void assertAreTheirServices(Path logs) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(logs)) {
            files =
                    all.filter(file ->
                                    OURS.stream()
                                            .anyMatch(file.getFileName().toString()::startsWith))
                            .toList();
        }
        assertThat(files).hasSize(OURS.size());
        for (Path file : files) {
            String text = Files.readString(file);
            // What is being written just now is judged the next time.
            text = text.substring(0, text.lastIndexOf('\n') + 1);
            assertThat(text).as(file.toString()).isNotEmpty();
            for (String line : text.split("\n", -1)) {
                if (!line.isEmpty()) {
                    assertIsOurs(file, line);
                }
            }
        }
    }

    private static void assertIsOurs(Path file, String line) {
        String shown = file.getFileName() + ": " + line.substring(0, Math.min(line.length(), 400));
        JsonNode event;
        try {
            event = JSON.readTree(line);
        } catch (JacksonException e) {
            throw new AssertionError("no JSON in " + shown, e);
        }
        assertThat(event.isObject()).as(shown).isTrue();
        assertThat(event.path("ts").asString("")).as(shown).isNotEmpty();
        assertThat(event.path("level").asString("")).as(shown).isNotEmpty();
        assertThat(event.path("msg").asString("")).as(shown).isNotEmpty().isNotEqualTo(FORGED);
        assertThat(line.codePoints().filter(LogLines::isActedOn).count()).as(shown).isZero();
    }

    private static boolean isActedOn(int c) {
        return Character.isISOControl(c)
                || switch (Character.getType(c)) {
                    case Character.FORMAT,
                            Character.LINE_SEPARATOR,
                            Character.PARAGRAPH_SEPARATOR,
                            Character.SURROGATE ->
                            true;
                    default -> false;
                };
    }
}
