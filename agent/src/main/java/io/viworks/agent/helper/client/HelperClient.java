package io.viworks.agent.helper.client;

import io.viworks.agent.helper.HelperReply;
import io.viworks.agent.helper.HelperReply.Piece;
import io.viworks.agent.helper.HelperRequest;
import io.viworks.agent.helper.HelperSecret;
import io.viworks.agent.helper.HelperWire;
import io.viworks.protocol.Bytes;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;

/** Asks the host helper, with a connection for each request. Thread-safe. */
public final class HelperClient {
    /** Longest time to connect and hand over a request; a helper that hangs takes nothing. */
    static final Duration SEND_DEADLINE = Duration.ofSeconds(5);

    /** Longest time for the helper to kill a run it is told to stop, and to say so. */
    static final Duration STOP_PATIENCE = Duration.ofSeconds(10);

    private final Path socket;
    private final Path secretFile;

    public HelperClient(Path socket, Path secretFile) {
        this.socket = socket;
        this.secretFile = secretFile;
    }

    /**
     * Has it run, and waits for the last word: that it is refused, or how it ended. An interrupt
     * has the helper kill the run, and stays set.
     *
     * @param live told of output as it comes, when the request asks for it
     * @throws HelperAway when it was surely not run
     * @throws HelperLost when it cannot be known what became of it
     * @throws InterruptedException when it was stopped before anything was handed over
     */
    public HelperReply ask(HelperRequest request, Consumer<Piece> live)
            throws IOException, InterruptedException {
        Bytes secret;
        try {
            secret = HelperSecret.read(secretFile);
        } catch (IOException e) {
            throw new HelperAway("helper_secret_file cannot be used: " + e.getMessage());
        }
        try (Exchange exchange =
                new Exchange(socket, HelperWire.line(secret, request.json()), live)) {
            exchange.start();
            boolean interrupted = false;
            try {
                exchange.awaitSent(SEND_DEADLINE);
                exchange.awaitEnd();
            } catch (InterruptedException _) {
                interrupted = true;
                exchange.stop(STOP_PATIENCE);
            }
            try {
                return exchange.reply();
            } catch (HelperAway e) {
                if (interrupted) {
                    throw new InterruptedException("stopped before the helper was asked");
                }
                throw e;
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }
}
