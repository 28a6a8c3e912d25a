package io.viworks.agent.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.agent.host.Host;
import io.viworks.agent.process.ProcessRunner;
import io.viworks.protocol.frame.Envelope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What attacks are made on: the real executor, with a script of a test for each verb about users.
 */
final class Target implements AutoCloseable {
    private final Path folder;
    private @Nullable CommandExecutor running;

    Target(Path folder) {
        this.folder = folder;
    }

    /** Puts this text there as the site's script, for every such verb. */
    void script(String text) throws IOException {
        for (String verb :
                List.of(
                        "delete_panel_user",
                        "delete_openvpn_user",
                        "create_panel_user",
                        "create_openvpn_user")) {
            Path file = Files.writeString(folder.resolve(verb), "#!/bin/sh\n" + text + "\n");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    RunOutcome run(Envelope envelope) throws Exception {
        return run(envelope, new AtomicLong());
    }

    /** Counts the characters that are told while it runs. */
    RunOutcome run(Envelope envelope, AtomicLong live) throws Exception {
        assertThat(executor().check(envelope)).isEmpty();
        CompletableFuture<RunOutcome> end = new CompletableFuture<>();
        executor()
                .reserve()
                .orElseThrow()
                .start(
                        Warrant.unsigned(envelope),
                        output -> live.addAndGet(output.text().length()),
                        end::complete);
        return end.get();
    }

    CommandExecutor executor() {
        CommandExecutor present = running;
        if (present == null) {
            present =
                    VerbExecutor.create(
                            new RunSettings(
                                    2,
                                    45,
                                    true,
                                    Set.of(),
                                    Set.of("ssh.service"),
                                    Set.of("alpine:3"),
                                    false,
                                    null,
                                    folder,
                                    null,
                                    null),
                            new Host(List.of(Path.of("/"))),
                            List.of(),
                            ProcessRunner.create(),
                            null,
                            InstantSource.system(),
                            _ -> {});
            running = present;
        }
        return present;
    }

    @Override
    public void close() {
        executor().close();
    }
}
