package io.viworks.embedded;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * As whom Postgres runs. It refuses to run as root; an ordinary user runs it as is. Root runs it in
 * a user namespace where it is nobody and still owns root's files, or, where namespaces are not
 * allowed (containers, usually), really as nobody.
 */
enum Identity {
    SELF,
    NAMESPACE,
    NOBODY;

    /** The user and group id of nobody on Debian and its kin. */
    static final int NOBODY_ID = 65_534;

    /** What stands around a command line to run it so. */
    List<String> wrapper() {
        return switch (this) {
            case SELF -> List.of();
            case NAMESPACE -> List.of("unshare", "--user");
            case NOBODY -> List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");
        };
    }

    /** Whether it can get at a folder: nobody cannot get at what lies under a private home. */
    boolean reaches(Path folder) {
        List<String> probe = new ArrayList<>(wrapper());
        probe.addAll(List.of("test", "-x", folder.toAbsolutePath().toString()));
        return answer(probe).isPresent();
    }

    /**
     * The first way that works on this machine.
     *
     * @throws IOException when this is root and there is none, saying what would help
     */
    static Identity find() throws IOException {
        if (!answer(List.of("id", "-u")).equals(Optional.of("0"))) {
            return SELF;
        }
        for (Identity identity : List.of(NAMESPACE, NOBODY)) {
            List<String> probe = new ArrayList<>(identity.wrapper());
            probe.addAll(List.of("id", "-u"));
            Optional<String> uid = answer(probe);
            if (uid.isPresent() && !uid.get().equals("0")) {
                return identity;
            }
        }
        throw new IOException(
                "Postgres does not run as root, and neither unshare nor setpriv (package"
                        + " util-linux) can start it as somebody else here. Run this as an ordinary"
                        + " user, or point VIW_JDBC_URL at a Postgres of your own.");
    }

    private static Optional<String> answer(List<String> command) {
        try {
            Process process =
                    new ProcessBuilder(command)
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start();
            String out =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            if (!process.waitFor(10, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                return Optional.empty();
            }
            return Optional.of(out.strip());
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
