package io.viworks.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

class PortsTest {
    @Test
    void aTakenPortIsReplacedByAFreeOneOfItsKindAndNoneIsGivenTwice() throws Exception {
        try (ServerSocket taken = onAnUnusualPort()) {
            Ports ports = new Ports();
            int usual = taken.getLocalPort();
            int first = ports.near(usual);
            int second = ports.near(first);
            assertThat(first).isNotEqualTo(usual);
            assertThat(second).isNotIn(usual, first);
            assertThat(new int[] {first % 100, second % 100}).containsOnly(usual % 100);
        }
    }

    @Test
    void aPortThatAnotherLauncherHasChosenIsNotFreeThoughNobodyListensYet() {
        int chosen = new Ports().like(11_050);
        assertThat(new Ports().near(chosen)).isNotEqualTo(chosen);
    }

    /** Below those that systems give to anybody who asks. */
    private static ServerSocket onAnUnusualPort() throws IOException {
        for (int port = 11_001; ; port++) {
            try {
                return new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
            } catch (IOException e) {
                if (port > 12_000) {
                    throw e;
                }
            }
        }
    }
}
