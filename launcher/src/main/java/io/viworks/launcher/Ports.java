package io.viworks.launcher;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;
import java.util.random.RandomGenerator;

/** Hands out loopback ports: the usual one when it is free, one like it when it is taken. */
final class Ports {
    /** Others of a kind are whole hundreds away (8082, 8382, …) and so of no other kind. */
    private static final int STEP = 100;

    private static final int STEPS = 200;
    private static final int TRIES = 400;

    /** Where systems begin to take ports for outgoing connections, which would race for it. */
    private static final int FIRST_EPHEMERAL = 32_768;

    private final Set<Integer> given = new HashSet<>();
    private final RandomGenerator random = RandomGenerator.getDefault();

    int near(int usual) {
        return take(usual) ? usual : like(usual);
    }

    /** One of that kind, but not the usual one. */
    int like(int usual) {
        for (int tries = 0; tries < TRIES; tries++) {
            int port = usual + STEP * (1 + random.nextInt(STEPS));
            if (port < FIRST_EPHEMERAL && take(port)) {
                return port;
            }
        }
        throw new IllegalStateException("no port like " + usual + " is free on loopback");
    }

    private boolean take(int port) {
        return !given.contains(port) && isFree(port) && PortClaims.claim(port) && given.add(port);
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
