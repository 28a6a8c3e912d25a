package io.viworks.bridge.certificate;

import io.viworks.protocol.Bytes;

/** What a client showed to prove its certificate. */
public sealed interface Presented {
    /** Nothing. */
    record Nothing() implements Presented {}

    /** Something that counts as no certificate. */
    record Unusable(String why) implements Presented {}

    /** The DER of a certificate whose key the client has, by the word of who ended the TLS. */
    record Der(Bytes bytes) implements Presented {}

    /** A certificate in PEM, escaped as nginx does it; anything else is unusable. */
    static Presented escapedPem(String header) {
        Bytes der = EscapedPem.der(header);
        return der == null
                ? new Unusable("the certificate must be one X.509 certificate in escaped PEM")
                : new Der(der);
    }
}
