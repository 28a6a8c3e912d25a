package io.viworks.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PerformancePageTest {
    @TempDir Path folder;
    private Path file = Path.of("");

    @BeforeEach
    void write() throws IOException {
        file = folder.resolve("performance.md");
        Files.writeString(
                file,
                """
                # Performance
                <!-- measured: lists -->
                old
                <!-- end: lists -->
                Said by people.
                """);
    }

    @Test
    void replacesOneSectionAndLeavesWhatPeopleWrote() throws IOException {
        new PerformancePage(file).replace("lists", "new\n");

        assertThat(file)
                .hasContent(
                        """
                        # Performance
                        <!-- measured: lists -->
                        new
                        <!-- end: lists -->
                        Said by people.
                        """);
    }

    @Test
    void saysWhatIsMissingWhenThePageHasNoPlaceForASection() {
        assertThatThrownBy(() -> new PerformancePage(file).replace("telemetry", "new"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("<!-- measured: telemetry -->");
    }
}
