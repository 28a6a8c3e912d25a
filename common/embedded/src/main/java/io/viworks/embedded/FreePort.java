package io.viworks.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** Any free port of loopback. */
public final class FreePort {
    private FreePort() {}

    /** The port wanted, or with 0 one that is free just now. */
    public static int or(int wanted) throws IOException {
        if (wanted != 0) {
            return wanted;
        }
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
