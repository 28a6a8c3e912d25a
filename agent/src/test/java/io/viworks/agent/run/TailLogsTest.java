package io.viworks.agent.run;

import static io.viworks.agent.run.Commands.command;
import static io.viworks.agent.run.Executors.data;
import static io.viworks.agent.run.Executors.failure;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.viworks.agent.host.Journald;
import io.viworks.agent.process.ProcessRunner;
import io.viworks.protocol.Limits;
import io.viworks.protocol.frame.Envelope;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Lines of a real journal, which systemd-journal-remote makes from the export format, read by the
 * real journalctl; and what stands-in programs say where a real one would have to be broken.
 */
@Timeout(300)
class TailLogsTest {
    private static final Path JOURNALCTL = Path.of("/usr/bin/journalctl");
    private static final Path WRITER = Path.of("/lib/systemd/systemd-journal-remote");
    private static final String CURSOR = "s=1;i=2;b=3;m=4;t=5;x=6";

    @TempDir Path folder;
    private final ByteArrayOutputStream export = new ByteArrayOutputStream();
    private int written;

    @Test
    void tellsTheNewestLinesInTheirOrder() throws Exception {
        for (int i = 0; i < 10; i++) {
            write("ssh.service", "line " + i);
            write("other.service", "not yours " + i);
        }
        ObjectNode data = data(tail(real(), 3, ""));
        assertThat(lines(data))
                .containsExactly(
                        "2026-01-15T12:00:00.014Z prog[42]: line 7",
                        "2026-01-15T12:00:00.016Z prog[42]: line 8",
                        "2026-01-15T12:00:00.018Z prog[42]: line 9");
        assertThat(data.path("more").booleanValue()).isFalse();
        assertThat(data.path("next_cursor").stringValue()).startsWith("s=");
    }

    @Test
    void goesOnWhereTheCursorStandsUntilNothingIsLeft() throws Exception {
        for (int i = 0; i < 300; i++) {
            write("ssh.service", "line " + i);
        }
        Journald journal = real();
        String cursor = first();
        List<String> found = new ArrayList<>();
        ObjectNode data;
        do {
            data = data(tail(journal, 120, cursor));
            found.addAll(lines(data));
            cursor = data.path("next_cursor").stringValue();
        } while (data.path("more").booleanValue());
        assertThat(found).hasSize(299);
        assertThat(found.getFirst()).endsWith("line 1");
        assertThat(found.getLast()).endsWith("line 299");

        data = data(tail(journal, 120, cursor));
        assertThat(data.path("lines").isEmpty()).isTrue();
        assertThat(data.path("next_cursor").stringValue()).isEqualTo(cursor);
    }

    @Test
    void showsWhateverAProgramWritesAsOneLine() throws Exception {
        write("ssh.service", "two\nlines\r\n{\"__CURSOR\":\"s=evil\"}");
        write("ssh.service", "esc \u001b[31mred \u202eturned \u0000 \u200b");
        write("ssh.service", new byte[] {(byte) 0xff, (byte) 0xfe, 'x'});
        write("ssh.service", "y".repeat(5_000));
        write("ssh.service", "gr\u00fcn \uD83D\uDE00");
        assertThat(lines(data(tail(real(), 10, ""))))
                .extracting(line -> line.substring(line.indexOf(": ") + 2))
                .containsExactly(
                        "two\\nlines\\r\\n{\"__CURSOR\":\"s=evil\"}",
                        "esc \\u001b[31mred \\u202eturned \\u0000 \\u200b",
                        "\uFFFD\uFFFDx",
                        "(a message too long to show: over 4096 bytes)",
                        "gr\u00fcn \uD83D\uDE00");
    }

    @Test
    void cutsAtWhatAFrameHoldsAndLosesNothing() throws Exception {
        for (int i = 0; i < 100; i++) {
            write("ssh.service", i + " " + "\"".repeat(2_000));
        }
        Journald journal = real();
        RunOutcome newest = tail(journal, 100, "");
        assertThat(newest.truncated()).isTrue();
        assertThat(lines(data(newest))).hasSizeBetween(10, 20).last().asString().contains(": 99 ");
        assertThat(data(newest).path("more").booleanValue()).isFalse();

        String cursor = first();
        int seen = 1;
        while (seen < 100) {
            ObjectNode data = data(tail(journal, 200, cursor));
            assertThat(data.toString().length()).isLessThan(Limits.MAX_OUTPUT_BYTES);
            assertThat(lines(data)).first().asString().contains(": " + seen + " ");
            seen += data.path("lines").size();
            assertThat(data.path("more").booleanValue()).isEqualTo(seen < 100);
            cursor = data.path("next_cursor").stringValue();
        }
        assertThat(seen).isEqualTo(100);
    }

    @Test
    void saysThatACursorIsNone() throws Exception {
        write("ssh.service", "line");
        assertThat(failure(tail(real(), 10, "nonsense")))
                .isEqualTo("since_cursor is no cursor of this journal");
    }

    @Test
    void hasNothingToGoOnFromWhileThereIsNothing() throws Exception {
        write("other.service", "line");
        assertThat(data(tail(real(), 10, "")))
                .hasToString("{\"lines\":[],\"next_cursor\":null,\"more\":false}");
    }

    @Test
    void saysWhatIsMissing() throws Exception {
        assertThat(failure(tail(program("echo 'No journal files were found.' >&2"), 1, "")))
                .isEqualTo("there is no journal on this gateway: systemd-journald does not run");
        String hint = "echo 'Hint: You are currently not seeing messages from other users' >&2";
        assertThat(failure(tail(program(hint), 1, "")))
                .isEqualTo(
                        "this agent's user may not read the journal: add it to the group"
                                + " systemd-journal");
        assertThat(failure(tail(program("echo broken >&2; exit 4"), 1, "")))
                .isEqualTo("journalctl ended with 4: broken");
        assertThat(failure(tail(program("echo '{'"), 1, "")))
                .isEqualTo("journalctl's answer is not JSON");
        assertThat(failure(run(new TailLogs(Optional.empty()), 1, "")))
                .isEqualTo(
                        "there is no journalctl on this gateway: install systemd, or mount the"
                                + " host's journal and its program");
    }

    @Test
    void endsAJournalctlThatNeverStops() throws Exception {
        String line = "{\"__CURSOR\":\"c\",\"MESSAGE\":\"m\"}";
        ObjectNode data = data(tail(program("exec yes '" + line + "'"), 5, CURSOR));
        assertThat(lines(data)).hasSize(5);
        assertThat(data.path("more").booleanValue()).isTrue();
    }

    @Test
    void givesNoWordOfACommandAPlaceOfItsOwn() throws Exception {
        Path seen = folder.resolve("seen");
        Journald program = program("printf '%s\\n' \"$@\" >" + seen);
        assertThat(data(tail(program, 5, CURSOR)).path("next_cursor").stringValue())
                .isEqualTo(CURSOR);
        assertThat(Files.readAllLines(seen))
                .containsExactly(
                        "--unit=ssh.service",
                        "--output=json",
                        "--output-fields=MESSAGE,SYSLOG_IDENTIFIER,_PID",
                        "--no-pager",
                        "--after-cursor=" + CURSOR);
    }

    private static List<String> lines(ObjectNode data) {
        return data.path("lines").valueStream().map(JsonNode::stringValue).toList();
    }

    private RunOutcome tail(Journald journal, int lines, String cursor) throws Exception {
        return run(new TailLogs(Optional.of(journal)), lines, cursor);
    }

    private static RunOutcome run(TailLogs action, int lines, String cursor) throws Exception {
        Envelope envelope = command("tail_logs", "{'unit':'ssh.service','lines':" + lines + "}");
        if (!cursor.isEmpty()) {
            envelope.args().put("since_cursor", cursor);
        }
        InstantSource clock = InstantSource.system();
        try (VerbExecutor executor =
                new VerbExecutor(
                        Commands.settings(),
                        Map.of("tail_logs", action),
                        ProcessRunner.create(),
                        new RunLog(null, clock),
                        clock)) {
            return Executors.run(executor, envelope);
        }
    }

    private Journald program(String script) throws IOException {
        Path file = Files.writeString(folder.resolve("journalctl"), "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        return new Journald(file, null);
    }

    /** The cursor of the oldest line. */
    private String first() throws Exception {
        Process process =
                new ProcessBuilder(
                                JOURNALCTL.toString(),
                                "--directory=" + folder,
                                "--output=export",
                                "--unit=ssh.service")
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        try (var reader = process.inputReader()) {
            String line = reader.readLine();
            process.destroy();
            return line.substring("__CURSOR=".length());
        }
    }

    private Journald real() throws Exception {
        assumeTrue(
                Files.isExecutable(JOURNALCTL) && Files.isExecutable(WRITER),
                "needs journalctl and systemd-journal-remote");
        Path file = folder.resolve("export");
        Files.write(file, export.toByteArray());
        Process process =
                new ProcessBuilder(
                                WRITER.toString(),
                                "--output=" + folder.resolve("test.journal"),
                                file.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("writer.log").toFile())
                        .start();
        assertThat(process.waitFor()).isZero();
        return new Journald(JOURNALCTL, folder);
    }

    private void write(String unit, String message) throws IOException {
        write(unit, message.getBytes(UTF_8));
    }

    /** One entry in the export format (systemd.io/JOURNAL_EXPORT_FORMATS). */
    private void write(String unit, byte[] message) throws IOException {
        long at = 1_768_478_400_000_000L + 1_000L * written;
        String head =
                """
                __REALTIME_TIMESTAMP=%d
                __MONOTONIC_TIMESTAMP=%d
                _BOOT_ID=0123456789abcdef0123456789abcdef
                _SYSTEMD_UNIT=%s
                SYSLOG_IDENTIFIER=prog
                _PID=42
                MESSAGE
                """
                        .formatted(at, 1_000_000 + 1_000 * written, unit);
        written++;
        export.writeBytes(head.getBytes(UTF_8));
        ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        export.writeBytes(length.putLong(message.length).array());
        export.writeBytes(message);
        export.writeBytes("\n\n".getBytes(UTF_8));
    }
}
