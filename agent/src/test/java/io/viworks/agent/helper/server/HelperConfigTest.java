package io.viworks.agent.helper.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.agent.helper.HelperProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that stop a helper's start: whoever could write one of them could run anything as root. */
class HelperConfigTest {
    @TempDir Path folder;
    private Path program;
    private Path secret;

    @BeforeEach
    void prepare() throws Exception {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        program = HelperProcess.file(folder.resolve("program"), "#!/bin/sh\n", "rwxr-xr-x");
        secret = HelperProcess.file(folder.resolve("secret"), HelperProcess.SECRET, "r--r-----");
    }

    private String head() {
        return """
        [helper]
        agent_id = "gateway-001"
        secret_file = "%s"
        allowed_users = ["viworks"]
        """
                .formatted(secret);
    }

    private String verb(String verb, String argv, String more) {
        return head() + "[verbs.%s]\nargv = [\"%s\"%s]\n%s\n".formatted(verb, program, argv, more);
    }

    private List<String> mistakes(String toml) throws IOException {
        return mistakes(toml, "rw-r--r--");
    }

    private List<String> mistakes(String toml, String permissions) throws IOException {
        return HelperDaemon.mistakes(
                HelperProcess.file(folder.resolve("helper.toml"), toml, permissions));
    }

    private String right() {
        return verb("delete_panel_user", ", \"{username}\"", "");
    }

    @Test
    void whatIsRightIsUsed() throws Exception {
        assertThat(mistakes(right())).isEmpty();
    }

    /** On this machine only what it names is missing. */
    @Test
    void theExampleIsRight() throws Exception {
        String example = Files.readString(Path.of("../deploy/helper/helper.toml.example"));
        assertThat(mistakes(example))
                .isNotEmpty()
                .allMatch(line -> line.matches(".*(argv|secret_file|verify_keys) must .*"));
    }

    @Test
    void nobodyElseMayWriteTheTable() throws Exception {
        assertThat(mistakes(right(), "rw-rw-r--"))
                .singleElement()
                .asString()
                .contains("chmod go-w");
        assertThat(mistakes(right(), "rw-r--rw-"))
                .singleElement()
                .asString()
                .contains("chmod go-w");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(mistakes(right())).isNotEmpty().allMatch(line -> line.contains("chmod go-w"));
    }

    @Test
    void norTheProgramNorALinkOnItsWay() throws Exception {
        HelperProcess.file(program, "#!/bin/sh\n", "rwxrwxr-x");
        assertThat(mistakes(right())).singleElement().asString().contains("chmod go-w " + program);

        Path open = Files.createDirectory(folder.resolve("open"));
        Path inside = HelperProcess.file(open.resolve("program"), "#!/bin/sh\n", "rwxr-xr-x");
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.delete(program);
        Files.createSymbolicLink(program, inside);
        assertThat(mistakes(right())).singleElement().asString().contains("chmod go-w " + open);

        Files.delete(program);
        Files.createSymbolicLink(program, program);
        assertThat(mistakes(right())).singleElement().asString().contains("argv");
    }

    @Test
    void whatBelongsToSomebodyElseIsNotTrusted() throws Exception {
        Assumptions.assumeTrue(HelperProcess.USER.equals("root"), "only root can give a file away");
        Files.setOwner(
                program,
                program.getFileSystem()
                        .getUserPrincipalLookupService()
                        .lookupPrincipalByName("nobody"));
        assertThat(mistakes(right())).singleElement().asString().contains("must belong to root");
    }

    @Test
    void theSecretIsASecret() throws Exception {
        HelperProcess.file(secret, HelperProcess.SECRET, "r--r--r--");
        assertThat(mistakes(right())).singleElement().asString().contains("chmod 0440");
        HelperProcess.file(secret, HelperProcess.SECRET, "rw-rw----");
        assertThat(mistakes(right())).singleElement().asString().contains("secret_file");
        HelperProcess.file(secret, "short", "r--r-----");
        assertThat(mistakes(right())).singleElement().asString().contains("at least 16 bytes");
        assertThat(mistakes(right()).toString()).doesNotContain("short\n");
    }

    @Test
    void argumentsStandInWholeWordsAndSecretsInNone() throws Exception {
        assertThat(mistakes(verb("delete_panel_user", ", \"--user={username}\"", "")))
                .singleElement()
                .asString()
                .contains("as a whole word only");
        assertThat(mistakes(verb("delete_panel_user", ", \"{user}\"", "")))
                .singleElement()
                .asString()
                .contains("user is none");
        assertThat(mistakes(verb("create_panel_user", ", \"{password}\"", "")))
                .singleElement()
                .asString()
                .contains("show no secret");
        assertThat(mistakes(verb("spawn_container", ", \"{env}\"", "allow = { image = [\"a\"] }")))
                .singleElement()
                .asString()
                .contains("show no secret");
        assertThat(mistakes(verb("spawn_container", ", \"{ports}\"", "allow={image=[\"a\"]}")))
                .singleElement()
                .asString()
                .contains("single values only");
        assertThat(mistakes(verb("create_panel_user", "", "stdin = [\"pass\"]")))
                .singleElement()
                .asString()
                .contains("pass is none");
    }

    @Test
    void aUnitOrAnImageIsOneOfAList() throws Exception {
        assertThat(mistakes(verb("reload_service", ", \"{unit}\"", "")))
                .singleElement()
                .asString()
                .contains("list what unit may be");
        assertThat(
                        mistakes(
                                verb(
                                        "reload_service",
                                        ", \"{unit}\"",
                                        "allow = { unit = [\"nginx.service\"] }")))
                .isEmpty();
    }

    @Test
    void everythingIsToldAtOnceWithItsLine() throws Exception {
        String toml =
                """
                [helper]
                agent_id = "not an id"
                secret_file = "relative"
                verify_keys = ["/nowhere/keys"]
                shell = "/bin/sh"
                max_concurrency = 0

                [verbs.rm]
                argv = ["/bin/rm"]

                [verbs.echo]
                argv = ["echo"]
                """;
        assertThat(mistakes(toml))
                .anyMatch(line -> line.contains("helper.toml:2: helper.agent_id must match"))
                .anyMatch(line -> line.contains(":3: helper.secret_file"))
                .anyMatch(line -> line.contains(":4: helper.verify_keys"))
                .anyMatch(line -> line.contains(":5: helper.shell"))
                .anyMatch(line -> line.contains(":6: helper.max_concurrency"))
                .anyMatch(line -> line.contains("helper.allowed_users must name who may ask"))
                .anyMatch(line -> line.contains("verbs.rm must be one of the verbs"))
                .anyMatch(line -> line.contains("verbs.echo.argv must name a program"));
        assertThat(mistakes("nonsense")).isNotEmpty();
        assertThat(HelperDaemon.mistakes(folder.resolve("none"))).hasSize(1);
    }
}
