package io.viworks.protocol.handshake;

/** A text that an agent signs to prove who it is. */
public sealed interface SignedText permits HandshakeText, EnrolmentText {
    /** Literal bars between the parts. */
    String text();
}
