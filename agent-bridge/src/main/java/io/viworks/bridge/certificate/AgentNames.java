package io.viworks.bridge.certificate;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.security.auth.x500.X500Principal;

/**
 * Which agent a certificate is for. One that says it in an agent's own URI ({@code
 * urn:viworks:agent:<id>}, or {@code spiffe://…/<id>}) is for that agent and no other; one without
 * may say it as DNS name or, as older ones do, as the common name of its subject.
 */
final class AgentNames {
    private static final String URN = "urn:viworks:agent:";
    private static final String SPIFFE = "spiffe://";

    /** Kinds of alternative names (RFC 5280, section 4.2.1.6). */
    private static final int DNS = 2;

    private static final int URI = 6;

    private AgentNames() {}

    static Set<String> of(X509Certificate certificate) {
        Set<String> uris = new HashSet<>();
        Set<String> others = new HashSet<>();
        for (List<?> name : alternatives(certificate)) {
            if (name.get(0) instanceof Integer kind && name.get(1) instanceof String text) {
                if (kind == URI && text.startsWith(URN)) {
                    uris.add(text.substring(URN.length()));
                } else if (kind == URI && text.startsWith(SPIFFE)) {
                    uris.add(text.substring(text.lastIndexOf('/') + 1));
                } else if (kind == DNS) {
                    others.add(text);
                }
            }
        }
        if (!uris.isEmpty()) {
            return uris;
        }
        others.addAll(commonNames(certificate.getSubjectX500Principal()));
        return others;
    }

    private static Collection<List<?>> alternatives(X509Certificate certificate) {
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            return names == null ? List.of() : names;
        } catch (CertificateParsingException e) {
            // A name nobody can read names nobody; the common name must not step in for it.
            return List.of(List.of(URI, URN));
        }
    }

    private static Set<String> commonNames(X500Principal subject) {
        Set<String> names = new HashSet<>();
        try {
            for (Rdn rdn : new LdapName(subject.getName(X500Principal.RFC2253)).getRdns()) {
                if (rdn.size() == 1
                        && rdn.getType().equalsIgnoreCase("CN")
                        && rdn.getValue() instanceof String text) {
                    names.add(text);
                }
            }
        } catch (InvalidNameException e) {
            return Set.of();
        }
        // Two common names are two opinions.
        return names.size() == 1 ? names : Set.of();
    }
}
