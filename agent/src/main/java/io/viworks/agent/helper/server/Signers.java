package io.viworks.agent.helper.server;

import io.viworks.agent.helper.BadRequest;
import io.viworks.agent.helper.HelperCodes;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.frame.ErrorCodes;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.protocol.signing.BadSignature;
import io.viworks.protocol.signing.VerifyKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whose signature counts for the helper. The keys are read for each request: one that was taken
 * away counts no more from that moment on. Thread-safe.
 */
final class Signers {
    private static final FrameCodec CODEC = new FrameCodec();

    private final List<Path> places;

    Signers(List<Path> places) {
        this.places = List.copyOf(places);
    }

    /** Whether a command must be signed. */
    boolean required() {
        return !places.isEmpty();
    }

    /** The command that a holder of a trusted key signed. */
    Envelope verified(@Nullable String jws) throws BadRequest {
        if (jws == null) {
            throw new BadRequest(
                    ErrorCodes.BAD_SIGNATURE,
                    "the helper runs only what is signed: jws is missing");
        }
        try {
            for (Path place : places) {
                Owners.mustBeTrusted(place);
            }
            return CODEC.decodeEnvelope(VerifyKeys.read(places).verified(jws).array());
        } catch (IOException e) {
            throw new BadRequest(
                    HelperCodes.NOT_READY, "verify_keys cannot be used: " + e.getMessage());
        } catch (BadSignature e) {
            throw new BadRequest(ErrorCodes.BAD_SIGNATURE, e.problem());
        } catch (BadFrame e) {
            throw new BadRequest(
                    ErrorCodes.BAD_SIGNATURE, "what is signed must be an envelope: " + e.problem());
        }
    }
}
