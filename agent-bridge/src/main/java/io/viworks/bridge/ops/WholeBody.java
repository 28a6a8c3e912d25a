package io.viworks.bridge.ops;

import java.io.ByteArrayOutputStream;
import java.util.Optional;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.server.ServerRequest;
import reactor.core.publisher.Mono;

/**
 * The body of a request, heard out before anything is answered: who is still sending when the
 * connection ends is reset, and may never read why. How long that may take is the server's limit of
 * a request. For one request.
 */
final class WholeBody {
    /** Most bytes of it that are kept; what is beyond them is read and let go. */
    static final int MAX_BYTES = 256 * 1024;

    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private boolean tooLarge;

    private WholeBody() {}

    /** The body of this request, empty when it is too large. */
    static Mono<Optional<byte[]>> of(ServerRequest request) {
        return request.body(BodyExtractors.toDataBuffers())
                .reduceWith(WholeBody::new, WholeBody::with)
                .map(body -> body.tooLarge ? Optional.empty() : Optional.of(body.bytes()));
    }

    private WholeBody with(DataBuffer piece) {
        try {
            tooLarge = tooLarge || kept.size() + piece.readableByteCount() > MAX_BYTES;
            if (!tooLarge) {
                byte[] bytes = new byte[piece.readableByteCount()];
                DataBuffer _ = piece.read(bytes);
                kept.writeBytes(bytes);
            }
            return this;
        } finally {
            boolean _ = DataBufferUtils.release(piece);
        }
    }

    private byte[] bytes() {
        return kept.toByteArray();
    }
}
