package io.viworks.testkit;

/** Lets a failure of the test's own machinery end the test. */
final class Unchecked {
    private Unchecked() {}

    @FunctionalInterface
    interface Action {
        void run() throws Exception;
    }

    static void run(Action action) {
        try {
            action.run();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
