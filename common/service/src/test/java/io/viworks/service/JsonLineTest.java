package io.viworks.service;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import org.junit.jupiter.api.Test;
import org.slf4j.event.KeyValuePair;
import org.springframework.core.env.StandardEnvironment;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

final class JsonLineTest {
    private final JsonLine form = new JsonLine(new StandardEnvironment());

    private String line(String message, String value) {
        LoggerContext context = new LoggerContext();
        LoggingEvent event =
                new LoggingEvent(
                        "", context.getLogger("test"), Level.INFO, message, null, new Object[0]);
        event.addKeyValuePair(new KeyValuePair("agent_id", value));
        return form.format(event);
    }

    @Test
    void keepsWhatStrangersSentOnItsLineAndInItsValue() {
        String nasty =
                "a\r\n{\"level\":\"ERROR\"}\u2028\u2029\u0085\u001b[2J\u009b31m\u202e\u0000\"},{\"x\":\"";
        String line = line(nasty, nasty);
        assertThat(line).endsWith("\n");
        assertThat(line.lines()).hasSize(1);
        assertThat(line.strip().codePoints())
                .noneMatch(c ->
                        Character.isISOControl(c) || c == 0x2028 || c == 0x2029 || c == 0x202e);
        JsonNode json = JsonMapper.shared().readTree(line);
        assertThat(json.path("level").asString()).isEqualTo("INFO");
        assertThat(json.has("x")).isFalse();
        assertThat(json.path("agent_id").asString())
                .startsWith("a\r\n{\"level\"")
                .contains("\\u2028");
    }

    @Test
    void cutsWhatIsTooLong() {
        String line = line("m", "x".repeat(1_000_000));
        assertThat(line.length()).isLessThan(2 * JsonLine.MAX_TEXT);
        assertThat(JsonMapper.shared().readTree(line).path("agent_id").asString()).endsWith("x…");
    }
}
