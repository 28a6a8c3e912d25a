package io.viworks.protocol.sealing;

/** What was given is not what a holder of a key of this ring sealed for this command. */
public final class NotOpened extends Exception {
    private static final long serialVersionUID = 1L;

    /** Whose mistake it is. */
    public enum Cause {
        /** The ring is without the key: the one who opens is configured otherwise. */
        UNKNOWN_KEY,
        /** It was forged, broken, or sealed for another command or agent. */
        FORGED
    }

    private final Cause because;

    NotOpened(Cause because, String problem) {
        super(problem);
        this.because = because;
    }

    /** Here is no ring at all. */
    public static NotOpened withoutKeys() {
        return new NotOpened(Cause.UNKNOWN_KEY, "VIW_SEALING_KEYS_FILE is not set");
    }

    /** Whose mistake it is. */
    public Cause because() {
        return because;
    }

    /** What was wrong; never repeats what was given but the key's name. */
    public String problem() {
        return String.valueOf(getMessage());
    }
}
