package io.viworks.admin.authority;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.handshake.HandshakeSignature;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Date;
import java.util.HexFormat;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLNumber;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** An authority whose certificate and key are files on this machine. Thread-safe. */
@SuppressWarnings("JavaUtilDate") // what the X.509 library takes
public final class FileAuthority implements IssuingAuthority {
    /** So that an agent whose clock is a little behind can use its certificate at once. */
    private static final Duration BACKDATED = Duration.ofMinutes(5);

    private static final String URN = "urn:viworks:agent:";

    /** 127 random bits, one more than the least significant bit of the first byte. */
    private static final int SERIAL_BITS = 127;

    private final AuthorityFiles files;
    private final Duration life;
    private final String id;
    private final String chainPem;
    private final SecureRandom random = new SecureRandom();

    private FileAuthority(AuthorityFiles files, Duration life) {
        this.files = files;
        this.life = life;
        this.id =
                HexFormat.of()
                        .formatHex(
                                Fingerprints.sha256(files.certificate().getPublicKey().getEncoded())
                                        .array());
        StringBuilder pem = new StringBuilder();
        files.chain().forEach(certificate -> pem.append(pem(der(certificate))));
        this.chainPem = pem.toString();
    }

    /**
     * With the files of one.
     *
     * @param certificateFile PEM: the authority's certificate, then those above it
     * @param keyFile PEM: its private key, without a passphrase
     * @param life how long what it issues is good
     * @throws IOException names the file, says what is wrong and what would be right
     */
    public static FileAuthority read(Path certificateFile, Path keyFile, Duration life, Instant now)
            throws IOException {
        return new FileAuthority(AuthorityFiles.read(certificateFile, keyFile, now), life);
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public Instant endsAt() {
        return files.certificate().getNotAfter().toInstant();
    }

    @Override
    public IssuedCertificate issue(AgentId agent, Bytes publicKey, Instant now) {
        X509Certificate own = files.certificate();
        Instant begins = own.getNotBefore().toInstant();
        Instant from = later(now.minus(BACKDATED).truncatedTo(ChronoUnit.SECONDS), begins);
        Instant until = earlier(now.plus(life).truncatedTo(ChronoUnit.SECONDS), endsAt());
        if (!now.isBefore(until)) {
            throw new AuthorityEnded(endsAt());
        }
        BigInteger serial = new BigInteger(SERIAL_BITS, random).setBit(SERIAL_BITS);
        byte[] der;
        try {
            X509v3CertificateBuilder certificate =
                    new X509v3CertificateBuilder(
                            issuer(),
                            serial,
                            Date.from(from),
                            Date.from(until),
                            new X500NameBuilder(BCStyle.INSTANCE)
                                    .addRDN(BCStyle.CN, agent.value())
                                    .build(),
                            info(HandshakeSignature.publicKey(publicKey.array())));
            extend(certificate, agent, publicKey);
            der = certificate.build(signer()).getEncoded();
        } catch (IOException e) {
            throw new IllegalStateException("a certificate could not be encoded", e);
        }
        return new IssuedCertificate(
                id,
                Bytes.of(serial.toByteArray()),
                Fingerprints.sha256(der),
                pem(der) + chainPem,
                until);
    }

    private void extend(X509v3CertificateBuilder certificate, AgentId agent, Bytes publicKey)
            throws IOException {
        JcaX509ExtensionUtils names = names();
        certificate.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
        certificate.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        certificate.addExtension(
                Extension.extendedKeyUsage,
                false,
                new ExtendedKeyUsage(KeyPurposeId.id_kp_clientAuth));
        certificate.addExtension(
                Extension.subjectAlternativeName,
                false,
                new GeneralNames(
                        new GeneralName(
                                GeneralName.uniformResourceIdentifier, URN + agent.value())));
        certificate.addExtension(
                Extension.subjectKeyIdentifier,
                false,
                names.createSubjectKeyIdentifier(HandshakeSignature.publicKey(publicKey.array())));
        certificate.addExtension(
                Extension.authorityKeyIdentifier, false, authorityKeyIdentifier(names));
    }

    @Override
    public Bytes revocationList(
            long number, Collection<Revoked> revoked, Instant now, Instant nextUpdate) {
        try {
            // Backdated like certificates: who reads it may be a little behind.
            X509v2CRLBuilder list = new X509v2CRLBuilder(issuer(), Date.from(now.minus(BACKDATED)));
            list.setNextUpdate(Date.from(nextUpdate));
            for (Revoked line : revoked) {
                list.addCRLEntry(
                        new BigInteger(line.serial().array()),
                        Date.from(line.at()),
                        CRLReason.unspecified);
            }
            list.addExtension(
                    Extension.authorityKeyIdentifier, false, authorityKeyIdentifier(names()));
            list.addExtension(
                    Extension.cRLNumber, false, new CRLNumber(BigInteger.valueOf(number)));
            return Bytes.of(list.build(signer()).getEncoded());
        } catch (IOException e) {
            throw new IllegalStateException("a revocation list could not be encoded", e);
        }
    }

    /** The authority's name, byte for byte as its certificate has it. */
    private X500Name issuer() {
        return X500Name.getInstance(files.certificate().getSubjectX500Principal().getEncoded());
    }

    /** What the authority's own certificate calls its key, else the digest of it. */
    private org.bouncycastle.asn1.x509.AuthorityKeyIdentifier authorityKeyIdentifier(
            JcaX509ExtensionUtils names) throws IOException {
        byte[] own = files.certificate().getExtensionValue(Extension.subjectKeyIdentifier.getId());
        return own == null
                ? names.createAuthorityKeyIdentifier(files.certificate().getPublicKey())
                : new org.bouncycastle.asn1.x509.AuthorityKeyIdentifier(
                        org.bouncycastle.asn1.ASN1OctetString.getInstance(
                                        JcaX509ExtensionUtils.parseExtensionValue(own))
                                .getOctets());
    }

    private ContentSigner signer() {
        try {
            return new JcaContentSignerBuilder(files.algorithm()).build(files.key());
        } catch (OperatorCreationException e) {
            throw new IllegalStateException("the authority's key signed at the start", e);
        }
    }

    private static JcaX509ExtensionUtils names() {
        try {
            return new JcaX509ExtensionUtils();
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
    }

    private static SubjectPublicKeyInfo info(PublicKey key) {
        return SubjectPublicKeyInfo.getInstance(key.getEncoded());
    }

    private static byte[] der(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException("it was read from these bytes", e);
        }
    }

    private static String pem(byte[] der) {
        return Pem.encode("CERTIFICATE", der);
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }
}
