package io.viworks.agent.run;

/**
 * Why a command is not run at all.
 *
 * @param code one of {@link io.viworks.protocol.frame.ErrorCodes}
 * @param message what would be right; never an argument's value
 */
public record Refusal(String code, String message) {}
