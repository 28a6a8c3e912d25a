package io.viworks.protocol.frame;

/** The codes of an ERROR frame; on the wire in lower case. */
public enum ErrorFrameCode {
    BAD_FRAME,
    UNKNOWN_TYPE,
    HELLO_FIRST,
    HELLO_TOO_BIG,
    IDENTITY_MISMATCH,
    RATE_LIMITED,
    NOT_SUPPORTED;

    /** The code on the wire. */
    public String wire() {
        return Wire.name(this);
    }
}
