package io.viworks.launcher;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;

/** Hands out loopback ports: the usual one when it is free, any other when it is taken. */
final class Ports {
    private final Set<Integer> given = new HashSet<>();

    int near(int usual) {
        if (!given.contains(usual) && isFree(usual)) {
            given.add(usual);
            return usual;
        }
        return any();
    }

    /** One that is free and was not given yet. */
    int any() {
        for (int tries = 0; tries < 100; tries++) {
            int port = free();
            if (given.add(port)) {
                return port;
            }
        }
        throw new IllegalStateException("no free port on loopback");
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

    private static int free() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException("no free port on loopback", e);
        }
    }
}
