package io.viworks.embedded;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.random.RandomGenerator;

/**
 * A port of loopback for a server that must be told its own before it starts, and that keeps it
 * while it is stopped: nobody holds it meanwhile.
 */
public final class FreePort {
    private static final int LOWEST = 20_000;

    /** Where systems begin to give ports to whoever asks for any, or connects to somebody. */
    private static final int FIRST_EPHEMERAL = 32_768;

    private static final int TRIES = 100;

    private FreePort() {}

    /** The port wanted, or with 0 one that is free just now and that no system gives away. */
    public static int or(int wanted) throws IOException {
        if (wanted != 0) {
            return wanted;
        }
        RandomGenerator random = RandomGenerator.getDefault();
        for (int tries = 1; ; tries++) {
            int port = random.nextInt(LOWEST, FIRST_EPHEMERAL);
            try (ServerSocket socket =
                    new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (BindException taken) {
                if (tries == TRIES) {
                    throw taken;
                }
            }
        }
    }
}
