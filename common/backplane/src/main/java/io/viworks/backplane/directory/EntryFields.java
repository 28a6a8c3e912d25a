package io.viworks.backplane.directory;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A directory entry to and from the fields of its hash. */
final class EntryFields {
    static final String STATUS = "status";
    private static final String DIR_REV = "dir_rev";
    private static final String OWN_CREDENTIAL = "own_credential";
    private static final String KEYS = "keys";
    private static final String FINGERPRINTS = "fingerprints";

    private EntryFields() {}

    static Map<String, byte[]> of(DirectoryEntry entry) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put(STATUS, entry.status().name().toLowerCase(Locale.ROOT));
        fields.put(DIR_REV, Long.toString(entry.dirRev()));
        fields.put(OWN_CREDENTIAL, entry.ownCredential() ? "1" : "0");
        fields.put(
                KEYS,
                entry.keys().stream().map(EntryFields::written).collect(Collectors.joining(" ")));
        fields.put(FINGERPRINTS, String.join(" ", entry.fingerprints()));
        Map<String, byte[]> bytes = new LinkedHashMap<>();
        fields.forEach((name, text) -> bytes.put(name, text.getBytes(StandardCharsets.UTF_8)));
        return bytes;
    }

    private static String written(DirectoryEntry.Key key) {
        return key.id() + ":" + Base64.getEncoder().encodeToString(key.publicKey().array());
    }

    static DirectoryEntry read(AgentId agent, Map<String, byte[]> fields) {
        return new DirectoryEntry(
                agent,
                status(text(fields, STATUS)),
                text(fields, OWN_CREDENTIAL).equals("1"),
                words(text(fields, KEYS)).stream().map(EntryFields::key).toList(),
                words(text(fields, FINGERPRINTS)),
                Long.parseLong(text(fields, DIR_REV)));
    }

    static DirectoryEntry.Status status(String text) {
        return DirectoryEntry.Status.valueOf(text.toUpperCase(Locale.ROOT));
    }

    private static DirectoryEntry.Key key(String text) {
        int colon = text.indexOf(':');
        return new DirectoryEntry.Key(
                text.substring(0, colon),
                Bytes.of(Base64.getDecoder().decode(text.substring(colon + 1))));
    }

    private static List<String> words(String text) {
        return Arrays.stream(text.split(" ", -1)).filter(word -> !word.isEmpty()).toList();
    }

    private static String text(Map<String, byte[]> fields, String name) {
        byte[] value = fields.get(name);
        return value == null ? "" : new String(value, StandardCharsets.UTF_8);
    }
}
