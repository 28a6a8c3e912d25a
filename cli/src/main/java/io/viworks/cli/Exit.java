package io.viworks.cli;

/** What the exit code says, for scripts. */
final class Exit {
    /** The command SUCCEEDED, or what was asked was shown. */
    static final int OK = 0;

    /** The command FAILED. */
    static final int FAILED = 1;

    /** The words were wrong; nothing was sent. */
    static final int MISUNDERSTOOD = 2;

    /** REJECTED, EXPIRED or CANCELLED: it did not run, or was stopped. */
    static final int NOT_DONE = 3;

    /** OUTCOME_UNKNOWN or EXEC_TIMED_OUT: nobody can say what it did. */
    static final int UNKNOWN = 4;

    /** The API refused, or does not answer. */
    static final int API = 5;

    private Exit() {}

    /** Of a command's end; one that this program does not know is unknown. */
    static int of(String state) {
        return switch (state) {
            case "SUCCEEDED" -> OK;
            case "FAILED" -> FAILED;
            case "REJECTED", "EXPIRED", "CANCELLED" -> NOT_DONE;
            default -> UNKNOWN;
        };
    }
}
