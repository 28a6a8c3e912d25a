package io.viworks.agent.helper;

import static io.viworks.agent.helper.HelperProcess.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** A helper whose socket is its standard input, as systemd hands it over. */
@Timeout(300)
class HelperActivationTest {
    private static final Path ACTIVATE = Path.of("/usr/bin/systemd-socket-activate");

    @TempDir Path folder;
    private @Nullable HelperProcess helper;

    @AfterEach
    void stop() {
        if (helper != null) {
            helper.close();
        }
    }

    @Test
    void servesTheSocketItIsGivenAndEndsWhenNobodyAsksAnyMore() throws Exception {
        assumeThat(ACTIVATE).as("systemd-socket-activate (Debian package systemd)").exists();
        HelperProcess helper =
                new HelperProcess(folder)
                        .with(
                                "idle_exit_secs = 1\nallowed_users = [\"%s\"]"
                                        .formatted(HelperProcess.USER))
                        .verb("echo", "echo \"$1\"", ", \"{message}\"", "")
                        .configured();
        this.helper = helper;
        helper.launch(
                List.of(
                        ACTIVATE.toString(),
                        "-l",
                        helper.socket().toString(),
                        "/bin/sh",
                        "-c",
                        "exec \"$0\" \"$@\" <&3 3<&-"));
        await().until(() -> Files.exists(helper.socket()));
        // nothing runs yet: the first connection starts it
        assertThat(helper.events("helper_started")).isEmpty();
        ObjectNode answer = helper.ask(request("echo", "{'message':'hello'}"));
        assertThat(answer.path("stdout").asString("")).isEqualTo("hello\n");
        await().until(() -> helper.events("helper_run").size() == 1); // its output is its own
        assertThat(helper.process().waitFor()).isZero();
        assertThat(helper.event("helper_idle").path("level").asString("")).isEqualTo("INFO");
        assertThat(helper.socket()).exists();
    }
}
