package io.viworks.conformance.packaged;

import io.viworks.conformance.Checkout;
import java.nio.file.Files;
import java.nio.file.Path;

/** The jars of this build. */
final class Jars {
    private Jars() {}

    static Path of(String service) {
        return jar(service, "-exec.jar");
    }

    static Path agent() {
        return jar("agent", ".jar");
    }

    static Path launcher() {
        return jar("launcher", ".jar");
    }

    static Path cli() {
        return jar("cli", ".jar");
    }

    private static Path jar(String module, String suffix) {
        String version = System.getProperty("viw.version", "0.1.0");
        Path jar =
                Checkout.root()
                        .resolve(module)
                        .resolve("target")
                        .resolve(module + "-" + version + suffix);
        if (!Files.isRegularFile(jar)) {
            throw new AssertionError(jar + " is missing: these tests run in ./viw test");
        }
        return jar;
    }
}
