package io.viworks.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.viworks.cli.EventReader.Event;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class EventReaderTest {
    private static EventReader reader(String text) {
        return new EventReader(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void readsEveryLineEndAndJoinsData() throws Exception {
        EventReader events =
                reader("event: a\r\ndata: ü\r\ndata:two\r\n\r\ndata\rid: 7\r\rdata: x");
        assertThat(events.next()).isEqualTo(new Event("a", "ü\ntwo"));
        assertThat(events.next()).isEqualTo(new Event("message", ""));
        assertThat(events.lastId()).isEqualTo("7");
        assertThat(events.next()).as("cut off").isNull();
    }

    @Test
    void signsOfLifeAreNoEventsButMayMoveThePlace() throws Exception {
        EventReader events = reader(":\nid: 9\n\nevent: nothing\n\nretry: 5\ndata: z\n\n");
        assertThat(events.next()).isEqualTo(new Event("message", "z"));
        assertThat(events.lastId()).isEqualTo("9");
    }

    @Test
    void aLineWithoutEndIsRefused() {
        EventReader events = reader("data: " + "x".repeat(EventReader.MAX_LINE));
        assertThatThrownBy(events::next).isInstanceOf(IOException.class);
    }
}
