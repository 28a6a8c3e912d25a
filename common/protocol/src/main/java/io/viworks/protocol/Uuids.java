package io.viworks.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/** UUIDs as the protocol writes them: lower case, all 36 characters (RFC 9562, section 4). */
public final class Uuids {
    private Uuids() {}

    /**
     * Reads a UUID strictly: {@link UUID#fromString} alone also takes upper case and short groups.
     *
     * @param name what the text is, for the message
     * @throws IllegalArgumentException when the text has another form
     */
    public static UUID parse(String name, String text) {
        try {
            UUID uuid = UUID.fromString(text);
            if (uuid.toString().equals(text)) {
                return uuid;
            }
        } catch (IllegalArgumentException e) {
            // Told below, as what is none.
        }
        throw new IllegalArgumentException(name + " must be a lower-case UUID");
    }

    /** The name-based UUID, version 5 (SHA-1), of these bytes (RFC 9562, section 5.5). */
    public static UUID nameBased(UUID namespace, byte[] name) {
        MessageDigest sha1;
        try {
            sha1 = MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
        sha1.update(
                ByteBuffer.allocate(16)
                        .putLong(namespace.getMostSignificantBits())
                        .putLong(namespace.getLeastSignificantBits())
                        .array());
        ByteBuffer hash = ByteBuffer.wrap(sha1.digest(name));
        long high = (hash.getLong() & ~0xf000L) | 0x5000L;
        long low = (hash.getLong() & 0x3fff_ffff_ffff_ffffL) | 0x8000_0000_0000_0000L;
        return new UUID(high, low);
    }

    /** {@link #nameBased(UUID, byte[])} of a text in UTF-8. */
    public static UUID nameBased(UUID namespace, String name) {
        return nameBased(namespace, name.getBytes(StandardCharsets.UTF_8));
    }
}
