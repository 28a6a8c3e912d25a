package io.viworks.conformance.packaged.attack;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/**
 * The attack suite: everything real, started once, and after every attack the same question, see
 * {@link AttackedStack#stands()}. What one module can prove alone is proved there; {@code
 * docs/security.md} says where.
 */
class HostileWorldTest {
    private static final AtomicReference<AttackedStack> STACK = new AtomicReference<>();

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        STACK.set(AttackedStack.start(folder));
    }

    @AfterAll
    static void stop() {
        AttackedStack stack = STACK.get();
        if (stack != null) {
            stack.close();
        }
    }

    static AttackedStack stack() {
        return STACK.get();
    }

    @AfterEach
    void everythingStands() throws Exception {
        stack().stands();
    }

    @Nested
    class Handshakes extends Knocks {}

    @Nested
    class SlowHandshakes extends SlowKnocks {}

    @Nested
    class Agents extends ConfusedDeputies {}

    @Nested
    class Calls extends HostileCalls {}

    @Nested
    class Texts extends HostileTexts {}
}
