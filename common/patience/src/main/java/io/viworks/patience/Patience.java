package io.viworks.patience;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/**
 * Lets every test of a JVM wait long enough on a slow machine. What a test waits for comes, or the
 * test has found a fault: a longer wait costs time in the second case only. A claim about how soon
 * something comes is made by the test itself.
 */
public final class Patience implements LauncherSessionListener {
    /** Longest wait for a condition that says nothing else. */
    public static final Duration LONGEST = Duration.ofSeconds(30);

    @Override
    public void launcherSessionOpened(LauncherSession session) {
        Awaitility.setDefaultTimeout(LONGEST);
    }
}
