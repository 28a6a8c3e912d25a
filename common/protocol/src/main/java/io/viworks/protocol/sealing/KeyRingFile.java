package io.viworks.protocol.sealing;

import io.viworks.protocol.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Base64;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** A file of sealing keys: lines {@code kid base64-of-32-bytes}, the first of which seals. */
final class KeyRingFile {
    private static final Pattern KID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,31}");
    private static final int KEY_BYTES = 32;

    /** A ring is small; what is larger is something else. */
    private static final long MAX_BYTES = 64L * 1024;

    private static final Set<PosixFilePermission> OWNER_ONLY =
            EnumSet.of(
                    PosixFilePermission.OWNER_READ,
                    PosixFilePermission.OWNER_WRITE,
                    PosixFilePermission.OWNER_EXECUTE);

    private KeyRingFile() {}

    static boolean isKid(String text) {
        return KID.matcher(text).matches();
    }

    /** The keys by name, in the order of the file. What is wrong is told without any key. */
    static Map<String, Bytes> read(Path file) throws IOException {
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw new IOException(file + " must be a file that can be read");
        }
        if (Files.size(file) > MAX_BYTES) {
            throw new IOException(file + " must have at most " + MAX_BYTES + " bytes");
        }
        mustBePrivate(file);
        Map<String, Bytes> keys = new LinkedHashMap<>();
        String[] lines =
                new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            String line = lines[i].strip();
            if (!line.isEmpty() && !line.startsWith("#")) {
                add(line, file + " line " + (i + 1), keys);
            }
        }
        if (keys.isEmpty()) {
            throw new IOException(file + " must hold a line: a name, a blank, 32 bytes in base64");
        }
        return keys;
    }

    private static void mustBePrivate(Path file) throws IOException {
        if (!FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
            return;
        }
        if (!OWNER_ONLY.containsAll(Files.getPosixFilePermissions(file))) {
            throw new IOException(file + " must be its owner's alone: chmod 600");
        }
    }

    private static void add(String line, String place, Map<String, Bytes> keys) throws IOException {
        String[] parts = line.split("\\s+", -1);
        if (parts.length != 2 || !isKid(parts[0])) {
            throw new IOException(
                    place
                            + " must be a name of at most 32 letters, digits, dots, dashes and"
                            + " underscores, a blank, and 32 bytes in base64");
        }
        Bytes key = key(parts[1], place);
        if (keys.containsKey(parts[0])) {
            throw new IOException(place + " must have a name of its own");
        }
        if (keys.containsValue(key)) {
            throw new IOException(place + " must be a key of its own");
        }
        keys.put(parts[0], key);
    }

    private static Bytes key(String text, String place) throws IOException {
        try {
            byte[] key = Base64.getDecoder().decode(text);
            if (key.length == KEY_BYTES) {
                return Bytes.of(key);
            }
        } catch (IllegalArgumentException e) {
            // Said below, without the text.
        }
        throw new IOException(
                place + " must have 32 bytes in base64, as openssl rand -base64 32 writes them");
    }
}
