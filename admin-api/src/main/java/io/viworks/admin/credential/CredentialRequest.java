package io.viworks.admin.credential;

import io.viworks.admin.authority.Fingerprints;
import io.viworks.admin.authority.Pem;
import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.handshake.HandshakeSignature;
import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The body that adds a credential; exactly one of its fields.
 *
 * @param certificate a client certificate in PEM, whoever issued it
 * @param sha256 the fingerprint of one: hex SHA-256 of its DER, with or without colons
 * @param publicKey the 32 bytes of an Ed25519 key in base64
 */
record CredentialRequest(
        @Nullable String certificate, @Nullable String sha256, @Nullable String publicKey) {
    private static final int MAX_CERTIFICATE = 16 * 1024;
    private static final int MAX_KEY = 64;

    /** What is to be added. */
    sealed interface Asked {
        /** What it will be called. */
        String keyId();

        /**
         * A certificate.
         *
         * @param expiresAt its end, where the certificate itself was sent
         */
        record OfCertificate(Bytes fingerprint, Optional<Instant> expiresAt) implements Asked {
            @Override
            public String keyId() {
                return Credentials.certificateId(fingerprint);
            }
        }

        /** A key. */
        record OfKey(Bytes publicKey) implements Asked {
            @Override
            public String keyId() {
                return HandshakeSignature.keyId(publicKey.array());
            }
        }
    }

    /**
     * The credential, its form checked.
     *
     * @throws Refusal with all mistakes
     */
    Asked checked(Instant now) {
        List<InputError> errors = new ArrayList<>();
        Asked asked = null;
        if (Stream.of(certificate, sha256, publicKey).filter(field -> field != null).count() != 1) {
            errors.add(
                    InputError.at(
                            "", "must have one of certificate, sha256 and public_key, no more"));
        } else if (certificate != null) {
            asked = certificate(certificate, now, errors);
        } else if (sha256 != null) {
            asked = fingerprint(sha256, errors);
        } else if (publicKey != null) {
            asked = key(publicKey, errors);
        }
        if (asked == null || !errors.isEmpty()) {
            throw Refusal.of(
                    ProblemCode.INVALID_BODY, "the body has fields that are wrong", errors);
        }
        return asked;
    }

    private static @Nullable Asked certificate(String pem, Instant now, List<InputError> errors) {
        try {
            byte[] der = Pem.decode(pem, Set.of("CERTIFICATE"), MAX_CERTIFICATE);
            X509Certificate read =
                    (X509Certificate)
                            CertificateFactory.getInstance("X.509")
                                    .generateCertificate(new ByteArrayInputStream(der));
            Instant end = read.getNotAfter().toInstant();
            if (!now.isBefore(end)) {
                errors.add(InputError.at("/certificate", "must be valid; it ended at " + end));
                return null;
            }
            // Of what was read, not of what was sent: nothing may hang behind the certificate.
            return new Asked.OfCertificate(
                    Fingerprints.sha256(read.getEncoded()), Optional.of(end));
        } catch (CertificateException e) {
            errors.add(InputError.at("/certificate", "must hold an X.509 certificate"));
        } catch (IllegalArgumentException e) {
            errors.add(InputError.at("/certificate", String.valueOf(e.getMessage())));
        }
        return null;
    }

    private static @Nullable Asked fingerprint(String text, List<InputError> errors) {
        boolean plain = text.matches("[0-9A-Fa-f]{64}");
        if (!plain && !text.matches("[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){31}")) {
            errors.add(
                    InputError.at(
                            "/sha256", "must be 64 hex digits, or pairs of them with colons"));
            return null;
        }
        return new Asked.OfCertificate(
                Bytes.of(HexFormat.of().parseHex(text.replace(":", ""))), Optional.empty());
    }

    private static @Nullable Asked key(String text, List<InputError> errors) {
        try {
            if (text.length() <= MAX_KEY) {
                byte[] raw = Base64.getDecoder().decode(text);
                HandshakeSignature.publicKey(raw);
                return new Asked.OfKey(Bytes.of(raw));
            }
        } catch (IllegalArgumentException e) {
            // Answered below, like one that is too long.
        }
        errors.add(
                InputError.at(
                        "/public_key", "must be the 32 bytes of an Ed25519 public key in base64"));
        return null;
    }
}
