package io.viworks.conformance;

import java.nio.file.Files;
import java.nio.file.Path;

/** The folder this build lives in. */
final class Checkout {
    private Checkout() {}

    static Path root() {
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
