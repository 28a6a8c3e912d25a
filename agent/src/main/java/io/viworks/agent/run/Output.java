package io.viworks.agent.run;

import io.viworks.protocol.frame.AgentFrame.OutputStreamName;

/** A piece of live output, for a PROGRESS frame. Secrets are masked already. */
public record Output(OutputStreamName stream, String text) {}
