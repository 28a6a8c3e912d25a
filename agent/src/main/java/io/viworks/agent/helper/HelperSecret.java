package io.viworks.agent.helper;

import io.viworks.protocol.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** The secret that agent and helper share, read for each request so that it can be changed. */
public final class HelperSecret {
    /** Shortest secret in bytes. */
    public static final int MIN_BYTES = 16;

    private static final int MAX_BYTES = 4096;

    /** Write for the group, anything for others. */
    private static final int FORBIDDEN = 0027;

    private HelperSecret() {}

    /**
     * The file's text without what is blank around it.
     *
     * @throws IOException when others could read or change it, or it is no secret; says why
     */
    public static Bytes read(Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException(file + " must be a file with the helper's secret");
        }
        int mode = (int) Files.getAttribute(file, "unix:mode");
        if ((mode & FORBIDDEN) != 0) {
            throw new IOException(
                    file + " must be nobody's to read but its owner's and its group's: chmod 0440");
        }
        if (Files.size(file) > MAX_BYTES) {
            throw new IOException(file + " must be at most " + MAX_BYTES + " bytes");
        }
        byte[] secret =
                Files.readString(file, StandardCharsets.ISO_8859_1)
                        .strip()
                        .getBytes(StandardCharsets.ISO_8859_1);
        if (secret.length < MIN_BYTES) {
            throw new IOException(file + " must hold at least " + MIN_BYTES + " bytes");
        }
        return Bytes.of(secret);
    }
}
