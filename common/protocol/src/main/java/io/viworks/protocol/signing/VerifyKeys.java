package io.viworks.protocol.signing;

import io.viworks.protocol.Bytes;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.FrameCodec;
import java.io.IOException;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * The keys whose signature counts, by {@code kid}. During a rotation there are several; none
 * accepts nothing. Immutable.
 */
public final class VerifyKeys {
    static final String ALG = "EdDSA";
    static final String TYP = "viw-command";
    private static final Set<String> MEMBERS = Set.of("alg", "typ", "kid");
    private static final FrameCodec CODEC = new FrameCodec();

    private final Map<String, PublicKey> keys;

    private VerifyKeys(Collection<PublicKey> keys) {
        Map<String, PublicKey> byId = new LinkedHashMap<>();
        keys.forEach(key -> byId.put(Ed25519.thumbprint(key), key));
        this.keys = Map.copyOf(byId);
    }

    /**
     * The keys of files; of a folder, of each file in it whose name ends in {@code .pem}.
     *
     * @param places files of one or more public keys (PEM, SubjectPublicKeyInfo, Ed25519)
     * @throws IOException when one cannot be read or holds something else; says what would be right
     */
    public static VerifyKeys read(Collection<Path> places) throws IOException {
        return new VerifyKeys(KeyFiles.publicKeys(places));
    }

    /** What the keys are called. */
    public Set<String> kids() {
        return keys.keySet();
    }

    /**
     * The payload of a JWS whose origin is known by other means; its signature is not looked at.
     *
     * @throws BadSignature when it is no compact JWS
     */
    public static Bytes unverified(String jws) throws BadSignature {
        return CompactJws.parse(jws).payload();
    }

    /**
     * The signed bytes. The header decides nothing but which key: it must be the one form there is.
     *
     * @throws BadSignature when it is of another form or not signed by one of these keys
     */
    public Bytes verified(String jws) throws BadSignature {
        CompactJws parts = CompactJws.parse(jws);
        String kid = kid(parts.header());
        PublicKey key = keys.get(kid);
        if (key == null) {
            throw new BadSignature("kid must name one of the keys trusted here");
        }
        if (!parts.isSignedBy(key)) {
            throw new BadSignature("the signature must be over this header and this payload");
        }
        return parts.payload();
    }

    private static String kid(Bytes json) throws BadSignature {
        ObjectNode header;
        try {
            header = CODEC.decodeObject(json.array());
        } catch (BadFrame e) {
            throw new BadSignature("the jws header must be a JSON object without duplicate keys");
        }
        boolean exact =
                header.size() == MEMBERS.size()
                        && MEMBERS.stream().allMatch(name -> header.path(name).isString());
        if (!exact) {
            throw new BadSignature("the jws header must have alg, typ and kid and nothing else");
        }
        if (!header.path("alg").asString().equals(ALG)) {
            throw new BadSignature("alg must be " + ALG);
        }
        if (!header.path("typ").asString().equals(TYP)) {
            throw new BadSignature("typ must be " + TYP);
        }
        return header.path("kid").asString();
    }
}
