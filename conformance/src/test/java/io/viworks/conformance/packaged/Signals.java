package io.viworks.conformance.packaged;

/** Sends signals to processes. */
final class Signals {
    private Signals() {}

    static void send(String name, long pid) throws Exception {
        int exit =
                new ProcessBuilder("sh", "-c", "kill -" + name + " " + pid)
                        .inheritIO()
                        .start()
                        .waitFor();
        if (exit != 0) {
            throw new AssertionError("no " + name + " could be sent to " + pid);
        }
    }
}
