package io.viworks.bridge.certificate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * The subjects that agents' certificates may have: {@code AGENT_CLIENT_DN_POLICY}, a distinguished
 * name (RFC 4514) such as {@code CN=*,OU=gateways,O=Example}. The subject must have the same parts
 * in the same order; in a value {@code *} stands for any characters, and case matters.
 */
public final class DnPolicy {
    /** Types that RFC 4514 gives no names for, though people use them. */
    private static final Map<String, String> NAMES =
            Map.of(
                    "1.2.840.113549.1.9.1", "EMAILADDRESS",
                    "2.5.4.5", "SERIALNUMBER",
                    "2.5.4.12", "TITLE",
                    "2.5.4.97", "ORGANIZATIONIDENTIFIER");

    private record Part(String type, Pattern value) {}

    private final List<Part> parts;

    private DnPolicy(List<Part> parts) {
        this.parts = parts;
    }

    /**
     * Reads one.
     *
     * @throws IllegalArgumentException when the text is no distinguished name, or has a part of
     *     several attributes
     */
    public static DnPolicy parse(String text) {
        List<Part> parts = new ArrayList<>();
        try {
            for (Rdn rdn : new LdapName(text).getRdns()) {
                if (rdn.size() != 1 || !(rdn.getValue() instanceof String value)) {
                    throw new IllegalArgumentException("each part must be one attribute and text");
                }
                parts.add(new Part(rdn.getType(), pattern(value)));
            }
        } catch (InvalidNameException e) {
            throw new IllegalArgumentException("it must be a distinguished name", e);
        }
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("it must have a part");
        }
        return new DnPolicy(parts);
    }

    private static Pattern pattern(String value) {
        return Pattern.compile(
                Arrays.stream(value.split("\\*", -1))
                        .map(Pattern::quote)
                        .collect(Collectors.joining(".*")),
                Pattern.DOTALL);
    }

    /** Whether the subject is as it must be. */
    boolean allows(X500Principal subject) {
        List<Rdn> rdns = rdns(subject);
        if (rdns == null || rdns.size() != parts.size()) {
            return false;
        }
        for (int i = 0; i < parts.size(); i++) {
            Rdn rdn = rdns.get(i);
            if (rdn.size() != 1
                    || !rdn.getType().equalsIgnoreCase(parts.get(i).type())
                    || !(rdn.getValue() instanceof String value)
                    || !parts.get(i).value().matcher(value).matches()) {
                return false;
            }
        }
        return true;
    }

    private static @Nullable List<Rdn> rdns(X500Principal subject) {
        try {
            return new LdapName(subject.getName(X500Principal.RFC2253, NAMES)).getRdns();
        } catch (InvalidNameException e) {
            return null;
        }
    }
}
