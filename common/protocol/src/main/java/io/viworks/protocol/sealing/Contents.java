package io.viworks.protocol.sealing;

import io.viworks.protocol.Bytes;
import io.viworks.protocol.signing.BadSignature;
import io.viworks.protocol.signing.VerifyKeys;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What is sealed: an envelope as it was made at acceptance, signed or not. */
public sealed interface Contents {
    /** The envelope's bytes. */
    Bytes envelope();

    /** The compact JWS over the envelope; null when it was not signed. */
    @Nullable String jws();

    /** An envelope nobody signed. */
    record Plain(Bytes envelope) implements Contents {
        @Override
        public @Nullable String jws() {
            return null;
        }
    }

    /** A signed envelope: only the signature is carried, for its payload is the envelope. */
    record Signed(String jws, Bytes envelope) implements Contents {
        /** Only the length: it holds what is secret. */
        @Override
        public String toString() {
            return "signed " + envelope;
        }
    }

    /** An envelope with its signature, if there is one. */
    static Contents of(Bytes envelope, @Nullable String jws) {
        return jws == null ? new Plain(envelope) : new Signed(jws, envelope);
    }

    /** What stands in the sealed text. */
    default byte[] bytes() {
        String jws = jws();
        return jws == null ? envelope().array() : jws.getBytes(StandardCharsets.US_ASCII);
    }

    /** Reads a JWS whose origin the seal has proved. */
    static Contents signed(byte[] bytes) throws NotOpened {
        String jws = new String(bytes, StandardCharsets.US_ASCII);
        try {
            return new Signed(jws, VerifyKeys.unverified(jws));
        } catch (BadSignature bad) {
            throw new NotOpened(NotOpened.Cause.FORGED, bad.problem());
        }
    }
}
