package io.viworks.agent.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ProcessEntryTest {
    @Test
    void readsAStatLine() {
        assertThat(ProcessEntry.parse("5030 (cat) R 5023 5022 1896 0 -1 4194304 100"))
                .isEqualTo(new ProcessEntry(5030, 'R', 5023, 5022, 1896));
    }

    @Test
    void isNotFooledByTheNameOfAProgram() {
        assertThat(ProcessEntry.parse("7 (a) Z 1 1 (b)) S 5 6 7 0 -1"))
                .isEqualTo(new ProcessEntry(7, 'S', 5, 6, 7));
    }

    @Test
    void refusesWhatIsNoStatLine() {
        assertThatThrownBy(() -> ProcessEntry.parse("7 cat S")).hasMessageContaining("parentheses");
        assertThatThrownBy(() -> ProcessEntry.parse("7 (cat) S")).hasMessageContaining("six");
    }
}
