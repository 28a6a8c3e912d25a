package io.viworks.agent.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.viworks.agent.process.ProcessRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnitStateTest {
    private static final String SHOWN =
            """
            LoadState=loaded
            ActiveState=active
            SubState=running
            StateChangeTimestamp=Sat 2026-11-21 07:14:21 UTC
            MainPID=812

            LoadState=not-found
            ActiveState=inactive
            SubState=dead
            StateChangeTimestamp=
            MainPID=0
            """;

    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir Path folder;
    private Path systemctl = Path.of("/");

    @BeforeEach
    void folder() {
        systemctl = folder.resolve("systemctl");
    }

    @Test
    void readsABlockForEachUnit() {
        assertThat(UnitState.parse(SHOWN))
                .containsExactly(
                        new UnitState(
                                true,
                                "active",
                                "running",
                                Instant.parse("2026-11-21T07:14:21Z"),
                                812L),
                        new UnitState(false, "inactive", "dead", null, null));
        assertThat(UnitState.parse("")).isEmpty();
    }

    @Test
    void saysThatAUnitIsUnknownRatherThanInactive() {
        assertThat(UnitState.parse(SHOWN))
                .extracting(UnitState::status)
                .containsExactly("active", "not-found");
    }

    @Test
    void asksForAllUnitsAtOnceAndNamesThemAsAsked() throws Exception {
        Systemd systemd =
                answering("echo \"$@\" >" + folder + "/args; cat <<'E'\n" + SHOWN + "E\n");
        assertThat(systemd.states(List.of("openvpn@server.service", "gone"), SOON))
                .hasEntrySatisfying(
                        "openvpn@server.service", unit -> assertThat(unit.known()).isTrue())
                .hasEntrySatisfying("gone", unit -> assertThat(unit.known()).isFalse());
        assertThat(folder.resolve("args")).content().endsWith(" -- openvpn@server.service gone\n");
    }

    @Test
    void tellsWhatSystemctlSaidWhenItFails() throws Exception {
        Systemd systemd = answering("echo 'Failed to connect to bus' >&2; exit 1");
        assertThatThrownBy(() -> systemd.states(List.of("a"), SOON))
                .isInstanceOf(IOException.class)
                .hasMessage("systemctl ended with 1: Failed to connect to bus");
    }

    @Test
    void doesNotWaitForASystemdThatHangs() throws Exception {
        Systemd systemd = answering("exec sleep 600");
        assertThatThrownBy(() -> systemd.states(List.of("a"), Duration.ofMillis(200)))
                .hasMessage("systemd did not answer within 200 ms");
    }

    @Test
    void isAbsentWhereSystemdDoesNotRun() throws Exception {
        answering("exit 0");
        Path booted = folder.resolve("run/systemd/system");
        assertThat(Systemd.find(booted, List.of(systemctl), ProcessRunner.create())).isEmpty();
    }

    @Test
    void namesTheFailedServicesFirstWhenNoneAreConfigured() throws Exception {
        Systemd systemd =
                answering(
                        """
                        echo 'cron.service   loaded active running Regular background programs'
                        echo 'nginx.service  loaded failed failed  A server: with words'
                        echo 'ssh.service    loaded active running OpenBSD Secure Shell server'
                        """);
        assertThat(HostTelemetry.services(List.of(), Optional.of(systemd)))
                .containsEntry("service_manager", "systemd")
                .containsEntry(
                        "services",
                        Map.of(
                                "cron.service", "active",
                                "nginx.service", "failed",
                                "ssh.service", "active"));
        assertThat(systemd.services(2, SOON)).containsOnlyKeys("nginx.service", "cron.service");
    }

    @Test
    void knowsNothingOfUnitsWhereSystemdDoesNotRun() throws Exception {
        assertThat(HostTelemetry.services(List.of("ssh.service"), Optional.empty()))
                .containsEntry("service_manager", "none")
                .containsEntry("services", Map.of("ssh.service", "unknown"));
    }

    private Systemd answering(String script) throws IOException {
        Files.writeString(systemctl, "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(systemctl, PosixFilePermissions.fromString("rwx------"));
        return Systemd.find(folder, List.of(systemctl), ProcessRunner.create()).orElseThrow();
    }
}
