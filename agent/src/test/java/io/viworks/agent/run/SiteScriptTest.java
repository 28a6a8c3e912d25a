package io.viworks.agent.run;

import static io.viworks.agent.run.Commands.command;
import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.agent.host.Host;
import io.viworks.agent.process.ProcessRunner;
import io.viworks.protocol.frame.AgentFrame.FrameError;
import io.viworks.protocol.frame.AgentFrame.ResultStatus;
import io.viworks.protocol.frame.Envelope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The verbs of the site's scripts: what arrives where, and what the shipped stand-ins do. */
@Timeout(300)
class SiteScriptTest {
    private static final String OPENVPN =
            "{'username':'jo','userpass':'correct-horse','source_ip':'2001:db8::/64',"
                    + "'key':'a2V5a2V5a2V5','hmac_key':'aG1hY2htYWM=','timeout':60}";

    /** Says what it was given, the input so that no secret is recognised in it. */
    private static final String WITNESS =
            "printf '[%s]' \"$@\"; echo; tr 'a-z' 'b-za'; env | sort; tr '\\0' ' ' </proc/$$/cmdline";

    @TempDir Path folder;

    @Test
    void putsArgumentsInFixedPlacesAndSecretsOnStandardInputOnly() throws Exception {
        script("create_openvpn_user", WITNESS);
        RunOutcome outcome = run(command("create_openvpn_user", OPENVPN));
        assertThat(outcome.error()).isNull();
        assertThat(outcome.stdout().lines())
                .startsWith(
                        "[jo][2001:db8::/64][60]",
                        "{\"vtfsqbtt\":\"dpssfdu-ipstf\",\"lfz\":\"b2V5b2V5b2V5\","
                                + "\"inbd_lfz\":\"bG1iY2iuYWM=\"}")
                .noneMatch(line -> line.contains("***"));
        assertThat(outcome.data()).hasToString("{\"username\":\"jo\"}");
    }

    @Test
    void leavesAnEmptyTextInThePlaceOfAnArgumentThatIsNotGiven() throws Exception {
        script("create_panel_user", WITNESS);
        assertThat(run(panel("x'); rm -rf /", "")).stdout()).startsWith("[jo][]\n");
        assertThat(run(panel("pw", ",'role':'operator'")).stdout()).startsWith("[jo][operator]\n");
    }

    @Test
    void escapesAPasswordAsJsonDoes() throws Exception {
        script("create_panel_user", "cat | tr 'a-z' 'b-za'");
        Envelope command = command("create_panel_user", "{'username':'jo'}");
        command.args().put("password", "a\"b\\c'd$(e)`f` \u00fc\uD83D\uDE00");
        assertThat(run(command).stdout())
                .isEqualTo("{\"qbttxpse\":\"b\\\"c\\\\d'e$(f)`g` \u00fc\uD83D\uDE00\"}\n");
    }

    @Test
    void masksWhatAScriptRepeats() throws Exception {
        script("create_openvpn_user", "cat >&2; exit 3");
        RunOutcome outcome = run(command("create_openvpn_user", OPENVPN));
        assertThat(outcome.stderr())
                .isEqualTo("{\"userpass\":\"***\",\"key\":\"***\",\"hmac_key\":\"***\"}\n");
        assertThat(outcome.error())
                .isEqualTo(new FrameError("ExecFailed", "the program ended with 3"));
        assertThat(outcome.data()).isNull();
    }

    @Test
    void doesNotWaitForAScriptThatReadsNothing() throws Exception {
        script("create_panel_user", "exec <&-; echo done");
        assertThat(run(panel("x".repeat(256), "")).stdout()).isEqualTo("done\n");
    }

    @Test
    void givesTheVerbsWithoutSecretsNothingToRead() throws Exception {
        script("delete_panel_user", "wc -c; printf '[%s]' \"$@\"");
        assertThat(run(command("delete_panel_user", "{'username':'jo'}")).stdout())
                .isEqualTo("0\n[jo]");
    }

    @Test
    void saysWhatIsMissing() throws Exception {
        Path script = folder.resolve("delete_openvpn_user");
        Envelope delete = command("delete_openvpn_user", "{'username':'jo'}");
        assertThat(message(run(delete)))
                .isEqualTo(script + " is not there: install the site's script, or set scripts_dir");
        Files.createFile(script);
        assertThat(message(run(delete)))
                .isEqualTo(script + " cannot be executed by the agent: chmod 0755");
        script("delete_openvpn_user", "true");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xrwx"));
        assertThat(message(run(delete)))
                .isEqualTo(script + " can be written by anyone and is not run: chmod o-w");
    }

    @Test
    void shippedScriptsMakeAUserOnceAndForgetHimAsOftenAsAsked() throws Exception {
        ship();
        Path state = folder.resolve("state");
        assertThat(run(command("create_openvpn_user", OPENVPN)).stdout())
                .isEqualTo("created openvpn jo\n");
        assertThat(state.resolve("openvpn.jo")).hasContent("source=2001:db8::/64 timeout=60");
        RunOutcome again = run(command("create_openvpn_user", OPENVPN));
        assertThat(again.rc()).isEqualTo(17);
        assertThat(again.stderr()).isEqualTo("user jo is there already\n");
        assertThat(run(panel("correct-horse", ",'role':'operator'")).status())
                .isEqualTo(ResultStatus.SUCCESS);
        assertThat(state.resolve("panel.jo")).hasContent("role=operator");
        for (String verb : List.of("delete_panel_user", "delete_openvpn_user")) {
            assertThat(run(command(verb, "{'username':'jo'}")).rc()).isZero();
            assertThat(run(command(verb, "{'username':'jo'}")).rc()).isZero();
        }
        assertThat(state).isEmptyDirectory();
    }

    @Test
    void shippedScriptsCheckWhatTheyAreGivenThemselves() throws Exception {
        ship();
        assertThat(byHand("delete_panel_user", "", "../../etc/passwd")).isEqualTo(64);
        assertThat(byHand("delete_panel_user", "", "--help")).isEqualTo(64);
        assertThat(byHand("delete_panel_user", "", "a\nb")).isEqualTo(64);
        assertThat(byHand("delete_panel_user", "")).isEqualTo(64);
        assertThat(byHand("create_panel_user", "{}", "jo", "")).isEqualTo(65);
        assertThat(byHand("create_panel_user", "", "jo", "")).isEqualTo(65);
        assertThat(byHand("create_openvpn_user", "{}", "jo", "$(id)", "1")).isEqualTo(64);
        assertThat(byHand("create_openvpn_user", "{}", "jo", "::1", "1;2")).isEqualTo(64);
        assertThat(folder.resolve("state")).isEmptyDirectory();
    }

    private int byHand(String script, String input, String... arguments) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(folder.resolve(script).toString());
        builder.command().addAll(List.of(arguments));
        Process process = builder.redirectErrorStream(true).start();
        try (var in = process.outputWriter()) {
            in.write(input.isEmpty() ? "" : input + "\n");
        } catch (IOException _) {
            assertThat(process.waitFor()).isNotZero(); // it ended without reading
        }
        return process.waitFor();
    }

    private void ship() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("../deploy/scripts"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
    }

    private void script(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.writeString(file, "#!/bin/sh\n" + text + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static Envelope panel(String password, String more) {
        Envelope command = command("create_panel_user", "{'username':'jo'" + more + "}");
        command.args().put("password", password);
        return command;
    }

    private static String message(RunOutcome outcome) {
        FrameError error = outcome.error();
        return error == null ? "" : error.code().equals("ExecFailed") ? error.msg() : error.code();
    }

    private RunOutcome run(Envelope envelope) throws Exception {
        RunSettings settings =
                new RunSettings(
                        2, 45, true, Set.of(), Set.of(), Set.of(), false, null, folder, null, null);
        try (CommandExecutor executor =
                VerbExecutor.create(
                        settings,
                        new Host(List.of(Path.of("/"))),
                        List.of(),
                        ProcessRunner.create(),
                        null,
                        InstantSource.system(),
                        _ -> {})) {
            assertThat(executor.check(envelope)).isEmpty();
            CompletableFuture<RunOutcome> end = new CompletableFuture<>();
            executor.reserve()
                    .orElseThrow()
                    .start(Warrant.unsigned(envelope), _ -> {}, end::complete);
            return end.get();
        }
    }
}
