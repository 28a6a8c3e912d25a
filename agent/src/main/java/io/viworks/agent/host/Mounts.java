package io.viworks.agent.host;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where this machine's own disks are mounted, from /proc/self/mounts (fstab(5)). */
final class Mounts {
    /** More are not looked at: a machine with so many has its measurements elsewhere. */
    static final int MAX = 16;

    /** Images, always full, of which nobody can free anything. */
    private static final Set<String> IMAGES = Set.of("squashfs", "iso9660", "erofs");

    private static final Pattern ESCAPE = Pattern.compile("\\\\([0-7]{3})");

    private Mounts() {}

    /**
     * The folders where block devices are mounted, in their order; never what hangs on a network.
     */
    static List<Path> parse(String mounts) {
        return mounts.lines()
                .map(line -> line.split(" ", 4))
                .filter(fields -> fields.length == 4)
                .filter(fields -> fields[0].startsWith("/dev/") && !IMAGES.contains(fields[2]))
                .map(fields -> Path.of(unescaped(fields[1])))
                .distinct()
                .toList();
    }

    /** Blanks and backslashes stand there in octal. */
    private static String unescaped(String text) {
        return ESCAPE.matcher(text)
                .replaceAll(escape ->
                        Matcher.quoteReplacement(
                                Character.toString(Integer.parseInt(escape.group(1), 8))));
    }
}
