package io.viworks.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FreePortTest {
    /** Else a connection of anybody could have it before the server does, or while it is down. */
    @Test
    void isNoneThatASystemGivesToWhoeverAsksForAny() throws IOException {
        int port = FreePort.or(0);
        assertThat(port).isBetween(1_024, 32_767);
        try (ServerSocket server = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            assertThat(server.isBound()).isTrue();
        }
    }

    /** Else one in 12 768 pairs of servers would be told the same before either has it. */
    @Test
    void isGivenOnce() throws IOException {
        Set<Integer> given = new HashSet<>();
        for (int i = 0; i < 500; i++) {
            assertThat(given.add(FreePort.or(0))).isTrue();
        }
    }

    @Test
    void isTheOneThatWasWanted() throws IOException {
        assertThat(FreePort.or(6_379)).isEqualTo(6_379);
    }
}
