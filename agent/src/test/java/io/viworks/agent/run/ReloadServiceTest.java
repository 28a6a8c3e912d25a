package io.viworks.agent.run;

import static io.viworks.agent.run.Commands.command;
import static io.viworks.agent.run.Executors.data;
import static io.viworks.agent.run.Executors.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.agent.host.Systemd;
import io.viworks.agent.process.ProcessRunner;
import io.viworks.protocol.frame.AgentFrame.FrameError;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.verb.VerbCatalogue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Reloading a unit, with programs that stand in for systemctl. */
@Timeout(300)
class ReloadServiceTest {
    private static final Envelope RELOAD = command("reload_service", "{'unit':'ssh.service'}");
    private static final String KNOWN = "LoadState=loaded\\nActiveState=active\\nSubState=x\\n";

    @TempDir Path folder;

    @Test
    void asksForExactlyThisUnitAndTellsItsState() throws Exception {
        Path seen = folder.resolve("seen");
        Path program =
                program(
                        "echo \"$@\" >>"
                                + seen
                                + "; [ $1 = reload ] || printf '%b' '"
                                + KNOWN
                                + "'");
        assertThat(data(run(program))).hasToString("{\"active\":\"active\"}");
        assertThat(Files.readAllLines(seen))
                .hasSize(3)
                .element(1)
                .isEqualTo("reload --no-ask-password --no-pager -- ssh.service");
    }

    @Test
    void tellsWhatSystemdSaysWhenItCannot() throws Exception {
        String text = "Job type reload is not applicable for unit ssh.service.";
        RunOutcome outcome = run(program(failing(text)));
        assertThat(outcome.error())
                .isEqualTo(new FrameError("ExecFailed", "the program ended with 1"));
        assertThat(outcome.rc()).isEqualTo(1);
        assertThat(outcome.stderr()).isEqualTo(text + "\n");
    }

    @Test
    void saysWhatAnAgentWithoutTheRightNeeds() throws Exception {
        RunOutcome outcome = run(program(failing("Interactive authentication required.")));
        assertThat(outcome.stderr())
                .endsWith(
                        "this agent's user may not: let polkit allow it, or run this verb through"
                                + " the host helper\n");
    }

    @Test
    void saysWhatIsMissing() throws Exception {
        Path none = program("echo LoadState=not-found; echo ActiveState=inactive");
        assertThat(failure(run(none))).isEqualTo("systemd has no such unit on this gateway");
        assertThat(failure(run(new ReloadService(Optional::empty)))).isEqualTo(Systemd.MISSING);
    }

    @Test
    void refusesAUnitThatIsNotOnTheListOfThisGateway() throws Exception {
        for (String unit : List.of("cron.service", "ssh", "SSH.service", "ssh.service.evil")) {
            for (String verb : List.of("reload_service", "get_service_status")) {
                assertThat(refusal(command(verb, "{'unit':'" + unit + "'}")))
                        .isEqualTo(
                                new Refusal(
                                        "LocalPolicy",
                                        "/unit must be in allowed_units of this gateway"));
            }
            assertThat(refusal(command("tail_logs", "{'unit':'" + unit + "','lines':1}")).code())
                    .isEqualTo("LocalPolicy");
        }
    }

    private static Refusal refusal(Envelope envelope) {
        return new Policy(
                        Commands.settings(),
                        VerbCatalogue.standard(),
                        Set.of("reload_service", "get_service_status", "tail_logs"))
                .check(envelope)
                .orElseThrow();
    }

    private static String failing(String text) {
        return "[ $1 != reload ] || { echo '"
                + text
                + "' >&2; exit 1; }; printf '%b' '"
                + KNOWN
                + "'";
    }

    private Path program(String script) throws IOException {
        Path file = Files.writeString(folder.resolve("systemctl"), "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        return file;
    }

    private RunOutcome run(Path systemctl) throws Exception {
        ProcessRunner runner = ProcessRunner.create();
        return run(new ReloadService(() -> Systemd.find(folder, List.of(systemctl), runner)));
    }

    private static RunOutcome run(Action action) throws Exception {
        InstantSource clock = InstantSource.system();
        try (VerbExecutor executor =
                new VerbExecutor(
                        Commands.settings(),
                        Map.of("reload_service", action),
                        ProcessRunner.create(),
                        new RunLog(null, clock),
                        clock)) {
            return Executors.run(executor, RELOAD);
        }
    }
}
