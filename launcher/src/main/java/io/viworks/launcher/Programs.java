package io.viworks.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The programs of this build, as command lines. */
public final class Programs {
    private static final List<String> SERVICE_JVM =
            List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");
    private static final List<String> AGENT_JVM =
            List.of("-Xms8m", "-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

    private final Path checkout;

    public Programs(Path checkout) {
        this.checkout = checkout;
    }

    /** The command line of a kind of process. */
    List<String> of(String kind) {
        return kind.equals("agent") ? agent() : java(SERVICE_JVM, jar(kind, "-exec.jar"));
    }

    /** Puts the stand-ins for a site's scripts there; they keep their users beside them. */
    void copyScripts(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(checkout.resolve("deploy").resolve("scripts"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(
                        file,
                        folder.resolve(file.getFileName()),
                        StandardCopyOption.COPY_ATTRIBUTES,
                        StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private List<String> agent() {
        List<String> command = new ArrayList<>(java(AGENT_JVM, jar("agent", ".jar")));
        command.add("run");
        return command;
    }

    private static List<String> java(List<String> flags, Path jar) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags);
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("-jar");
        command.add(jar.toString());
        return command;
    }

    private Path jar(String module, String suffix) {
        String version = Optional.ofNullable(System.getProperty("viw.version")).orElse("0.1.0");
        Path jar =
                checkout.resolve(module).resolve("target").resolve(module + "-" + version + suffix);
        if (!Files.isRegularFile(jar)) {
            throw new IllegalStateException(jar + " is missing: run ./viw build");
        }
        return jar;
    }
}
