package io.viworks.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Where answers ({@code out}) and remarks ({@code err}) go: UTF-8 whatever the locale says, because
 * a bare login at a console often has none.
 */
record Terminal(PrintStream out, PrintStream err) {
    static Terminal ofProcess() {
        return new Terminal(stream(FileDescriptor.out), stream(FileDescriptor.err));
    }

    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    }

    /** A line for people, which no script reads. */
    void remark(String line) {
        err.println(line);
    }
}
