package io.viworks.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The page that keeps the figures: prose by people, and between marks one section per scenario,
 * replaced as a whole when it is measured again.
 */
final class PerformancePage {
    private final Path file;

    PerformancePage(Path file) {
        this.file = file;
    }

    /**
     * Puts a section in the place of the one of this name.
     *
     * @throws IllegalStateException when the page has no place for it
     */
    void replace(String name, String section) throws IOException {
        String begin = "<!-- measured: " + name + " -->";
        String end = "<!-- end: " + name + " -->";
        String page = Files.readString(file);
        int from = page.indexOf(begin);
        int to = page.indexOf(end);
        if (from < 0 || to < from) {
            throw new IllegalStateException(
                    file + " has no place for it: the lines \"" + begin + "\" and \"" + end + "\"");
        }
        Files.writeString(
                file,
                page.substring(0, from + begin.length())
                        + "\n"
                        + section.strip()
                        + "\n"
                        + page.substring(to));
    }
}
