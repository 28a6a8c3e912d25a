package io.viworks.admin.web;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which valid tokens came from which address lately, as hashes; of many the last used are
 * remembered. Thread-safe.
 */
final class KnownPairs {
    private final Map<String, Boolean> pairs;

    KnownPairs(int remembered) {
        this.pairs =
                new LinkedHashMap<>(16, 0.75f, true) {
                    @Override
                    protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
                        return size() > remembered;
                    }
                };
    }

    synchronized void add(String source, String token) {
        pairs.put(pair(source, token), true);
    }

    synchronized boolean has(String source, String token) {
        return pairs.get(pair(source, token)) != null;
    }

    private static String pair(String source, String token) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(source.getBytes(StandardCharsets.UTF_8));
            digest.update((byte) 0);
            return HexFormat.of().formatHex(digest.digest(token.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
