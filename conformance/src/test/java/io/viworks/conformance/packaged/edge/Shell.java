package io.viworks.conformance.packaged.edge;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Programs that run for a moment. */
final class Shell {
    private Shell() {}

    /** What a program printed; an error unless it ended well. */
    static String run(List<String> command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (InputStream output = process.getInputStream()) {
            String said = new String(output.readAllBytes(), StandardCharsets.UTF_8);
            int rc = process.waitFor();
            if (rc != 0) {
                throw new AssertionError(command + " ended with " + rc + ":\n" + said);
            }
            return said;
        }
    }
}
