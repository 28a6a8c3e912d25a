package io.viworks.agent;

import io.viworks.agent.status.StatusQuestion;
import io.viworks.agent.status.StatusText;
import io.viworks.protocol.frame.FrameCodec;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import tools.jackson.databind.node.ObjectNode;

/** {@code agent status}: asks the running agent and says what it answers. */
final class Asking {
    /** It runs, and is not connected, or cannot say. */
    static final int NOT_CONNECTED = 1;

    /** As LSB has it for {@code status}: not running. */
    static final int NOT_RUNNING = 3;

    /** As LSB has it for {@code status}: not known. */
    static final int UNKNOWN = 4;

    private final PrintStream out;
    private final PrintStream err;

    Asking(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    int ask(Path dataDir, boolean json) {
        ObjectNode status;
        try {
            status = StatusQuestion.ask(dataDir);
        } catch (StatusQuestion.NotRunning e) {
            err.println(e.getMessage());
            return NOT_RUNNING;
        } catch (IOException | IllegalArgumentException e) {
            err.println("cannot ask the agent: " + e.getMessage());
            return UNKNOWN;
        }
        out.println(
                json
                        ? new String(new FrameCodec().encodeObject(status), StandardCharsets.UTF_8)
                        : StatusText.of(status));
        String state = status.path("connection").path("state").asString("");
        return state.equals("connected") ? Main.OK : NOT_CONNECTED;
    }
}
