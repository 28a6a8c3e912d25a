package io.viworks.protocol;

import java.time.Duration;

/**
 * The bounds both sides of the socket know. What a bridge may be configured to is its own setting;
 * these are the defaults and what no setting changes.
 */
public final class Limits {
    /** Largest frame in bytes, and what WELCOME says unless configured. */
    public static final int MAX_FRAME_BYTES = 256 * 1024;

    /** Largest HELLO in bytes. */
    public static final int MAX_HELLO_BYTES = 16 * 1024;

    /** Deepest nesting of objects and arrays in a frame. */
    public static final int MAX_DEPTH = 32;

    /** Longest number in a frame in characters; longer ones are refused unread. */
    public static final int MAX_NUMBER_LENGTH = 400;

    public static final int MAX_LABELS = 32;
    public static final int MAX_LABEL_KEY = 63;
    public static final int MAX_LABEL_VALUE = 255;
    public static final int MAX_VERBS = 64;
    public static final int MAX_FEATURES = 32;

    /** Largest stdout, and largest stderr, of a RESULT in bytes as encoded in JSON. */
    public static final int MAX_OUTPUT_BYTES = 64 * 1024;

    /** RESULTs an agent may have sent and not yet seen confirmed. */
    public static final int MAX_UNCONFIRMED_RESULTS = 8;

    /** Commands out at one agent, unless it says less. */
    public static final int MAX_INFLIGHT = 4;

    /** How far a frame's own instants may be from arrival before they are dropped. */
    public static final Duration MAX_INSTANT_SKEW = Duration.ofDays(1);

    /** The longest pause an agent may ask for; a longer one is dropped. */
    public static final Duration MAX_RETRY_AFTER = Duration.ofDays(1);

    public static final Duration HELLO_TIMEOUT = Duration.ofSeconds(10);
    public static final Duration HEARTBEAT = Duration.ofSeconds(20);
    public static final Duration CLOCK_WINDOW = Duration.ofMinutes(5);

    private Limits() {}
}
