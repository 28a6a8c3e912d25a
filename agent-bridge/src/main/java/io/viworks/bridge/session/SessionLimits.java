package io.viworks.bridge.session;

import java.time.Duration;

/**
 * The measures of one session (spec 2.6).
 *
 * @param helloTimeout between the upgrade and HELLO; then 4408
 * @param heartbeat between two pings; twice as long without a sign of life is 4408
 * @param maxFrameBytes of one message; more is 1009
 * @param outboxFrames and {@code outboxBytes}: what may wait to leave; more is 4413
 * @param maxInflight commands out at one agent
 * @param cmdTimeoutS what WELCOME says of the time a command may take
 * @param frameRate frames a second that are read, with {@code frameBurst} at once
 * @param resultBytesPerSecond bytes of RESULTs that are read
 * @param ratePatience how long reading may stay paused for its rate; then 4429
 * @param maxUnconfirmed RESULTs of one agent on their way to Redis; then reading pauses
 * @param minVersion agents below it are closed with 4426
 */
public record SessionLimits(
        Duration helloTimeout,
        Duration heartbeat,
        int maxFrameBytes,
        int outboxFrames,
        long outboxBytes,
        int maxInflight,
        int cmdTimeoutS,
        int frameRate,
        int frameBurst,
        int resultBytesPerSecond,
        Duration ratePatience,
        int maxUnconfirmed,
        AgentVersion minVersion) {
    /** Without a sign of life for so long a socket is given up. */
    public Duration silence() {
        return heartbeat.multipliedBy(2);
    }
}
