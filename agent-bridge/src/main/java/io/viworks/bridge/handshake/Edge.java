package io.viworks.bridge.handshake;

import io.viworks.protocol.Bytes;
import io.viworks.service.Cidr;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.function.Function;

/**
 * Tells the edge from everybody else: it comes from a trusted address <em>and</em> knows the secret
 * (spec 2.1), so that neither a neighbour nor somebody who learned the secret speaks for it.
 */
final class Edge {
    private static final String AUTH = "X-Edge-Auth";

    private final List<Cidr> trusted;
    private final EdgeSecrets secrets;

    Edge(List<Cidr> trusted, EdgeSecrets secrets) {
        this.trusted = trusted;
        this.secrets = secrets;
    }

    /** Whether this request is the edge's. */
    boolean sent(InetSocketAddress peer, Function<String, List<String>> headers) {
        InetAddress address = peer.getAddress();
        List<String> auth = headers.apply(AUTH);
        if (address == null
                || auth.size() != 1
                || trusted.stream().noneMatch(block -> block.contains(address))) {
            return false;
        }
        byte[] word = auth.getFirst().getBytes(StandardCharsets.UTF_8);
        boolean known = false;
        for (Bytes secret : secrets.now()) {
            known |= MessageDigest.isEqual(secret.array(), word);
        }
        return known;
    }
}
