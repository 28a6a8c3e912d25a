package io.viworks.protocol.frame;

import java.time.Instant;

/**
 * When a command was issued and may run.
 *
 * @param expiresAt the latest start
 * @param timeoutS seconds the command may run
 */
public record CommandTimes(Instant issuedAt, Instant expiresAt, int timeoutS) {}
