package io.viworks.protocol.frame;

import java.util.Locale;

/** How constants are spelled on the wire. */
final class Wire {
    private Wire() {}

    static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
