package io.viworks.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

class PortsTest {
    @Test
    void aTakenPortIsReplacedByAFreeOneAndNoneIsGivenTwice() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Ports ports = new Ports();
            int usual = taken.getLocalPort();
            int first = ports.near(usual);
            int second = ports.near(first);
            assertThat(first).isNotEqualTo(usual);
            assertThat(second).isNotIn(usual, first);
        }
    }
}
