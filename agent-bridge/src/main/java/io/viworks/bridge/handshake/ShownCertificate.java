package io.viworks.bridge.handshake;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import io.viworks.bridge.certificate.Presented;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.handshake.HandshakeRefused;
import io.viworks.protocol.handshake.Refusal;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.util.List;
import java.util.function.Function;
import javax.net.ssl.SSLPeerUnverifiedException;

/** Finds the certificate a handshake came with: by the edge's word, or by this server's own TLS. */
final class ShownCertificate {
    private static final String VERIFY = "X-SSL-Client-Verify";

    /** The certificate in PEM, escaped; the only header that may be long. */
    static final String CERTIFICATE = "X-SSL-Client-Cert";

    private ShownCertificate() {}

    /**
     * Row 1 of what the edge says: a second header of a name is one that it did not strip.
     *
     * @throws HandshakeRefused with {@link Refusal#BAD_HANDSHAKE}
     */
    static void requireOnce(Function<String, List<String>> headers) throws HandshakeRefused {
        for (String name : List.of(VERIFY, CERTIFICATE)) {
            if (headers.apply(name).size() > 1) {
                throw new HandshakeRefused(Refusal.BAD_HANDSHAKE, name + " must stand once");
            }
        }
    }

    /** What the edge says of the client's certificate. */
    static Presented byEdge(Function<String, List<String>> headers) {
        List<String> verified = headers.apply(VERIFY);
        List<String> certificate = headers.apply(CERTIFICATE);
        if (verified.isEmpty()
                || verified.getFirst().isEmpty()
                || verified.getFirst().equals("NONE")) {
            return new Presented.Nothing();
        }
        if (!verified.getFirst().equals("SUCCESS")) {
            return new Presented.Unusable("the edge found the certificate wrong");
        }
        return certificate.isEmpty() || certificate.getFirst().isEmpty()
                ? new Presented.Nothing()
                : Presented.escapedPem(certificate.getFirst());
    }

    /** What the client showed to this server itself. */
    static Presented byTls(Channel channel) {
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls == null) {
            return new Presented.Nothing();
        }
        try {
            Certificate[] chain = tls.engine().getSession().getPeerCertificates();
            return new Presented.Der(Bytes.of(chain[0].getEncoded()));
        } catch (SSLPeerUnverifiedException e) {
            return new Presented.Nothing();
        } catch (CertificateEncodingException e) {
            return new Presented.Unusable("the certificate must be one X.509 certificate");
        }
    }
}
