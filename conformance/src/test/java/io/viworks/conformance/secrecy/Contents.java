package io.viworks.conformance.secrecy;

import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/** Values one after another, as one text to search. */
final class Contents {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    void add(byte @Nullable [] value) {
        if (value != null) {
            out.writeBytes(value);
            out.write(' ');
        }
    }

    byte[] bytes() {
        return out.toByteArray();
    }
}
