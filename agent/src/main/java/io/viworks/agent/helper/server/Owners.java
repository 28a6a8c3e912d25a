package io.viworks.agent.helper.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * Who could change a file: its owner, its group, others, and whoever may rename it or a folder
 * above it. The helper trusts root and itself with what it runs, and nobody else. Stateless.
 */
final class Owners {
    private static final int LINKS_FOLLOWED = 20;
    private static final int GROUP_OR_OTHERS_WRITE = 0022;
    private static final int STICKY = 01000;

    /** A process belongs to whom it runs as; not through the link {@code self}, which is root's. */
    private static final Path SELF = Path.of("/proc", Long.toString(ProcessHandle.current().pid()));

    private Owners() {}

    /**
     * Looks at a path, all folders above it and all links on its way.
     *
     * @throws IOException when somebody else could change what it leads to; says where and what
     *     would be right
     */
    static void mustBeTrusted(Path path) throws IOException {
        if (!path.isAbsolute()) {
            throw new IOException(path + " must be an absolute path");
        }
        look(path.normalize(), LINKS_FOLLOWED);
    }

    private static void look(Path path, int linksLeft) throws IOException {
        Path here = path.getRoot();
        look(here);
        for (int i = 0; i < path.getNameCount(); i++) {
            Path next = here.resolve(path.getName(i));
            if (Files.isSymbolicLink(next)) {
                if (linksLeft == 0) {
                    throw new IOException(path + " leads through too many links");
                }
                mustBeOurs(next);
                Path target = here.resolve(Files.readSymbolicLink(next));
                Path rest =
                        i + 1 == path.getNameCount()
                                ? target
                                : target.resolve(path.subpath(i + 1, path.getNameCount()));
                look(rest.normalize(), linksLeft - 1);
                return;
            }
            look(next);
            here = next;
        }
    }

    private static void look(Path path) throws IOException {
        mustBeOurs(path);
        int mode = attribute(path, "unix:mode");
        boolean keepsNames = Files.isDirectory(path) && (mode & STICKY) != 0;
        if ((mode & GROUP_OR_OTHERS_WRITE) != 0 && !keepsNames) {
            throw new IOException(
                    path + " must be nobody's to write but its owner's: chmod go-w " + path);
        }
    }

    private static void mustBeOurs(Path path) throws IOException {
        int owner = attribute(path, "unix:uid");
        if (owner != 0 && owner != attribute(SELF, "unix:uid")) {
            throw new IOException(path + " must belong to root: chown root " + path);
        }
    }

    private static int attribute(Path path, String name) throws IOException {
        return Files.getAttribute(path, name, LinkOption.NOFOLLOW_LINKS) instanceof Integer number
                ? number
                : -1;
    }
}
