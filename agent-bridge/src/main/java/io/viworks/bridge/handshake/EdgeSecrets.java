package io.viworks.bridge.handshake;

import io.viworks.bridge.certificate.ReadAgain;
import io.viworks.bridge.certificate.UnreadableFile;
import io.viworks.protocol.Bytes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the edge knows and nobody else: {@code AGENT_EDGE_SECRET_FILE}, one secret a line. While it
 * changes there are two, and both count; the file is read again when it changes. Thread-safe but
 * for {@link #look}, which is for one thread.
 */
public final class EdgeSecrets {
    /** The present secret and, while they change, the next or the last one. */
    private static final int MAX_SECRETS = 2;

    private final List<Bytes> fixed;
    private final @Nullable ReadAgain<List<Bytes>> file;

    private EdgeSecrets(List<Bytes> fixed, @Nullable ReadAgain<List<Bytes>> file) {
        this.fixed = fixed;
        this.file = file;
    }

    /** There is no edge. */
    public static EdgeSecrets none() {
        return new EdgeSecrets(List.of(), null);
    }

    /**
     * For as long as the process lives.
     *
     * @throws UnreadableFile when the text holds none, or more than two
     */
    public static EdgeSecrets of(String text) throws UnreadableFile {
        return new EdgeSecrets(parse(text), null);
    }

    /**
     * Those in a file.
     *
     * @throws UnreadableFile when it holds none, or more than two
     */
    public static EdgeSecrets in(Path path) throws UnreadableFile {
        return new EdgeSecrets(
                List.of(),
                new ReadAgain<>(
                        "AGENT_EDGE_SECRET_FILE",
                        path,
                        (bytes, _) -> parse(new String(bytes, StandardCharsets.UTF_8))));
    }

    private static List<Bytes> parse(String text) throws UnreadableFile {
        List<Bytes> secrets =
                text.lines()
                        .map(String::strip)
                        .filter(line -> !line.isEmpty())
                        .map(Bytes::utf8)
                        .toList();
        if (secrets.isEmpty() || secrets.size() > MAX_SECRETS) {
            throw new UnreadableFile("must hold one secret, or two in lines while they change");
        }
        return secrets;
    }

    /** Whether there is an edge. */
    public boolean isThere() {
        return !now().isEmpty();
    }

    /** Reads the file again if it has changed. */
    public void look() {
        if (file != null) {
            var _ = file.look(false);
        }
    }

    /** Those that count now. */
    List<Bytes> now() {
        return file == null ? fixed : file.value();
    }
}
