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
    /** For a whole system on one machine, beside the flags that a service has everywhere. */
    private static final List<String> SERVICE_JVM = List.of("-Xmx256m", "-XX:TieredStopAtLevel=1");

    private final Path checkout;

    public Programs(Path checkout) {
        this.checkout = checkout;
    }

    /** The command line of a kind of process. */
    List<String> of(String kind) {
        return kind.equals("agent") ? agent() : service(kind);
    }

    /** From what its start loads and links, when this build has written that down. */
    private List<String> service(String kind) {
        Path jar = jar(kind, "-exec.jar");
        Path unpacked = jar.resolveSibling("app");
        Path cache = unpacked.resolve("service.aot");
        List<String> flags = new ArrayList<>(SERVICE_JVM);
        flags.addFirst("@" + options("docker"));
        if (!isNewer(cache, jar)) {
            return java(flags, jar);
        }
        flags.add("-XX:AOTCache=" + cache);
        return java(flags, unpacked.resolve("service.jar"));
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
        Path jar = jar("agent", ".jar");
        List<String> command = new ArrayList<>(java(List.of("@" + options("agent")), jar));
        command.add("run");
        return command;
    }

    /** As everywhere else: each flag has its reason there. */
    private Path options(String place) {
        return checkout.resolve("deploy").resolve(place).resolve("jvm.options");
    }

    private static boolean isNewer(Path file, Path than) {
        try {
            return Files.exists(file)
                    && Files.getLastModifiedTime(file).compareTo(Files.getLastModifiedTime(than))
                            >= 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static List<String> java(List<String> flags, Path jar) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags);
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
