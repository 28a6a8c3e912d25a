package io.viworks.protocol;

/** Why a bridge closes a socket, with the code on the wire (RFC 6455, section 7.4). */
public enum CloseCode {
    NORMAL(1000, "bye"),
    GOING_AWAY(1001, "bridge is going away"),
    BINARY_FRAME(1003, "text frames only"),
    INVALID_UTF8(1007, "invalid UTF-8"),
    FRAME_TOO_BIG(1009, "frame is too big"),
    INTERNAL(1011, "internal error"),
    BACKPLANE_DOWN(1013, "try again later"),
    BAD_FRAMES(4400, "too many bad frames"),
    IDENTITY_MISMATCH(4401, "identity mismatch"),
    REVOKED(4403, "revoked or decommissioned"),
    TOO_LATE(4408, "HELLO or sign of life too late"),
    DISPLACED(4409, "displaced by a newer session"),
    SLOW_READER(4413, "reads too slowly"),
    VERSION(4426, "version is not supported"),
    RATE_LIMITED(4429, "frame rate over the limit");

    private final int code;
    private final String reason;

    CloseCode(int code, String reason) {
        this.code = code;
        this.reason = reason;
    }

    /** The number on the wire. */
    public int code() {
        return code;
    }

    /** A short text for people, at most 123 bytes in UTF-8 as RFC 6455 asks. */
    public String reason() {
        return reason;
    }
}
