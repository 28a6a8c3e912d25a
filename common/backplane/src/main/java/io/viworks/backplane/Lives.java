package io.viworks.backplane;

import java.util.UUID;

/** The random half of Redis's life. */
public final class Lives {
    private Lives() {}

    /** What {@code viw:life} becomes when it is found missing: random, nobody else's. */
    public static String candidate() {
        return UUID.randomUUID().toString();
    }
}
