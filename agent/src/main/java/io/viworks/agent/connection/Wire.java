package io.viworks.agent.connection;

import io.viworks.protocol.Bytes;
import io.viworks.protocol.frame.AgentFrame;

/** The way to the bridge, if there is one just now. Used on the loop only. */
interface Wire {
    /** Whether a bridge has welcomed this agent and the session lasts. */
    boolean live();

    /** Sends, or drops when there is no session. */
    void send(AgentFrame frame);

    /** Sends a frame that is written already, or drops it. */
    void send(Bytes frame);

    /** Whether something that can wait should go now: the bridge's frame rate, and the socket. */
    boolean roomFor(Urgency urgency);

    /** The largest frame the bridge takes, halved with each it found too big. */
    int frameLimit();

    /** Whether the bridge named this type in {@code supported}. */
    boolean supports(String type);

    /** What leaves room for what. */
    enum Urgency {
        /** Must arrive, may wait. */
        RESULT,
        /** May be dropped. */
        TELEMETRY,
        /** Is dropped first. */
        PROGRESS
    }
}
