package io.viworks.conformance;

import java.nio.file.Files;
import java.nio.file.Path;

/** The folder this build lives in. */
public final class Checkout {
    private Checkout() {}

    /** The folder that holds {@code viw}. */
    public static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.isRegularFile(folder.resolve("viw"))) {
            Path parent = folder.getParent();
            if (parent == null) {
                throw new IllegalStateException("not inside a checkout");
            }
            folder = parent;
        }
        return folder;
    }
}
