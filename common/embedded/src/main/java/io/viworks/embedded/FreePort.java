package io.viworks.embedded;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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

    /** Two servers that are told theirs before either is bound must not be told the same. */
    private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();

    private FreePort() {}

    /**
     * The port wanted, or with 0 one that is free just now, that no system gives away, and that
     * nobody in this process was given before.
     *
     * @throws BindException when none is found
     */
    public static int or(int wanted) throws IOException {
        if (wanted != 0) {
            return wanted;
        }
        RandomGenerator random = RandomGenerator.getDefault();
        for (int tries = 0; tries < TRIES; tries++) {
            int port = random.nextInt(LOWEST, FIRST_EPHEMERAL);
            if (isFree(port) && GIVEN.add(port)) {
                return port;
            }
        }
        throw new BindException(
                "none of %d ports of loopback from %d to %d was free"
                        .formatted(TRIES, LOWEST, FIRST_EPHEMERAL - 1));
    }

    private static boolean isFree(int port) throws IOException {
        try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return true;
        } catch (BindException taken) {
            return false;
        }
    }
}
