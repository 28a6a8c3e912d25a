package io.viworks.cli;

import java.util.concurrent.atomic.AtomicReference;

/** What is said when Ctrl-C ends the program in the middle of something. Thread-safe. */
final class Farewell {
    private final AtomicReference<String> words = new AtomicReference<>("");

    /** From now on, unless it changes. */
    void say(String sentence) {
        words.set(sentence);
    }

    /** Nothing is under way. */
    void nothing() {
        words.set("");
    }

    /** Says it on a terminal when the process ends. */
    void atExit(Terminal terminal) {
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(
                                () -> {
                                    String last = words.getAndSet("");
                                    if (!last.isEmpty()) {
                                        terminal.remark("\n" + last);
                                    }
                                },
                                "farewell"));
    }
}
