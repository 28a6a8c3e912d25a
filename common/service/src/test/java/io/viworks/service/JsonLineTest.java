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
    void everyTextComesBackAsItWas() {
        for (int c = 0; c < 0x3000; c++) {
            String text = "a" + Character.toString(c) + "\\\"z";
            JsonNode json = JsonMapper.shared().readTree(line("m", text));
            String back = json.path("agent_id").asString();
            if (!back.equals(text)) {
                assertThat(back).isEqualTo("a\\u%04x\\\"z".formatted(c));
                assertThat(Character.getType(c))
                        .isIn(
                                (int) Character.CONTROL,
                                (int) Character.FORMAT,
                                (int) Character.LINE_SEPARATOR,
                                (int) Character.PARAGRAPH_SEPARATOR);
            }
        }
    }

    @Test
    void numbersAndFlagsAreNoTexts() {
        LoggerContext context = new LoggerContext();
        LoggingEvent event =
                new LoggingEvent(
                        "",
                        context.getLogger("io.viworks.Test"),
                        Level.WARN,
                        "{} of {}",
                        new IllegalStateException("why"),
                        new Object[] {1, 2});
        event.addKeyValuePair(new KeyValuePair("rc", 1006));
        event.addKeyValuePair(new KeyValuePair("duration_ms", 12L));
        event.addKeyValuePair(new KeyValuePair("share", 0.5));
        event.addKeyValuePair(new KeyValuePair("none", Double.NaN));
        event.addKeyValuePair(new KeyValuePair("flag", true));
        event.addKeyValuePair(new KeyValuePair("ip", null));

        String line = form.format(event);

        JsonNode json = JsonMapper.shared().readTree(line);
        assertThat(line).contains("\"rc\":1006,\"duration_ms\":12,\"share\":0.5,\"none\":\"NaN\"");
        assertThat(json.path("flag").asBoolean()).isTrue();
        assertThat(json.path("ip").isNull()).isTrue();
        assertThat(json.path("msg").asString()).isEqualTo("1 of 2");
        assertThat(json.path("logger").asString()).isEqualTo("io.viworks.Test");
        assertThat(json.path("error").asString()).contains("IllegalStateException: why\n");
    }

    @Test
    void anErrorInWordsKeepsItsNameBesideAStack() {
        LoggerContext context = new LoggerContext();
        LoggingEvent event =
                new LoggingEvent(
                        "",
                        context.getLogger("test"),
                        Level.WARN,
                        "m",
                        new IllegalStateException("why"),
                        new Object[0]);
        event.addKeyValuePair(new KeyValuePair("error", "in words"));

        JsonNode json = JsonMapper.shared().readTree(form.format(event));

        assertThat(json.path("error").asString()).isEqualTo("in words");
        assertThat(json.path("stack").asString()).contains("IllegalStateException: why");
    }

    @Test
    void cutsWhatIsTooLong() {
        String line = line("m", "x".repeat(1_000_000));
        assertThat(line.length()).isLessThan(2 * JsonLine.MAX_TEXT);
        assertThat(JsonMapper.shared().readTree(line).path("agent_id").asString()).endsWith("x…");
    }
}
