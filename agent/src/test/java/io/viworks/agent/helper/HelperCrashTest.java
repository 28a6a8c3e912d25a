package io.viworks.agent.helper;

import static io.viworks.agent.helper.HelperProcess.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/**
 * A helper that is killed (SIGKILL) leaves nothing running, and its next life runs nothing again.
 */
@Timeout(300)
class HelperCrashTest {
    @TempDir Path folder;
    private final String nap = "7" + ThreadLocalRandom.current().nextInt(100_000, 999_999);
    private HelperProcess helper;

    @BeforeEach
    void start() throws Exception {
        helper =
                new HelperProcess(folder)
                        .verb(
                                "delete_panel_user",
                                "echo ran >> " + folder + "/trace; sleep " + nap,
                                ", \"{username}\"",
                                "")
                        .verb("echo", "echo \"$1\"", ", \"{message}\"", "")
                        .start();
    }

    @AfterEach
    void end() {
        helper.close();
        naps().forEach(ProcessHandle::destroyForcibly);
    }

    private List<ProcessHandle> naps() {
        return ProcessHandle.allProcesses()
                .filter(process ->
                        process.info()
                                .arguments()
                                .filter(arguments -> List.of(arguments).contains(nap))
                                .isPresent())
                .filter(process -> process.info().command().orElse("").endsWith("sleep"))
                .toList();
    }

    @Test
    void whatItLeftIsKilledToldAndNotRunAgain() throws Exception {
        byte[] line = HelperProcess.line(request("delete_panel_user", "{'username':'anna'}"));
        try (SocketChannel channel = helper.connect()) {
            HelperProcess.write(channel, line);
            await().until(() -> naps().size() == 1);
            helper.kill();
            assertThatThrownBy(() -> HelperProcess.lastWord(channel))
                    .isInstanceOf(IOException.class);
        }
        assertThat(naps()).hasSize(1);
        helper.start();
        assertThat(naps()).isEmpty();
        ObjectNode told = helper.event("helper_run");
        assertThat(told.path("error").asString("")).isEqualTo("Interrupted");
        assertThat(helper.refusal(line)).isEqualTo("ReplayDetected");
        assertThat(Files.readAllLines(folder.resolve("trace"))).hasSize(1);

        helper.kill();
        helper.start();
        assertThat(helper.events("helper_run")).isEmpty();
    }

    @Test
    void whatEndedBeforeIsRememberedToo() throws Exception {
        byte[] line = HelperProcess.line(request("echo", "{'message':'hello'}"));
        assertThat(helper.answer(line).path("stdout").asString("")).isEqualTo("hello\n");
        helper.kill();
        helper.start();
        assertThat(helper.refusal(line)).isEqualTo("ReplayDetected");
        assertThat(helper.ask(request("echo", "{'message':'again'}")).path("rc").asInt(-1))
                .isZero();
    }

    @Test
    void aLineThatACrashCutOffIsNoRun() throws Exception {
        assertThat(helper.ask(request("echo", "{'message':'a'}")).path("rc").asInt(-1)).isZero();
        helper.kill();
        Path runs = folder.resolve("state/runs");
        Files.writeString(runs, "began 17000000", StandardOpenOption.APPEND);
        helper.start();
        assertThat(helper.ask(request("echo", "{'message':'b'}")).path("rc").asInt(-1)).isZero();
        helper.kill();
        helper.start();
    }

    @Test
    void aMemoryThatIsDamagedStopsItsStart() throws Exception {
        assertThat(helper.ask(request("echo", "{'message':'a'}")).path("rc").asInt(-1)).isZero();
        helper.kill();
        Path runs = folder.resolve("state/runs");
        Files.writeString(runs, "bega" + Files.readString(runs));
        helper.launch(List.of());
        assertThat(helper.process().waitFor()).isEqualTo(1);
        assertThat(helper.event("helper_failed").path("msg").asString(""))
                .contains("runs:1 is damaged");
    }

    @Test
    void twoAtATimeCannotShareAMemoryOrASocket() throws Exception {
        HelperProcess second = new HelperProcess(folder);
        second.launch(List.of());
        try {
            assertThat(second.process().waitFor()).isEqualTo(1);
            assertThat(second.event("helper_failed").path("msg").asString(""))
                    .contains("another helper uses");
            assertThat(helper.ask(request("echo", "{'message':'a'}")).path("rc").asInt(-1))
                    .isZero();
        } finally {
            second.close();
        }
    }
}
