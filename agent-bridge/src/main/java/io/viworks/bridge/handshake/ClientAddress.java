package io.viworks.bridge.handshake;

import io.viworks.protocol.Bytes;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Where a handshake comes from. The edge's word counts only from a trusted address and with the
 * edge's secret (spec 2.1); anybody else's is ignored.
 */
final class ClientAddress {
    private static final String EDGE_AUTH = "X-Edge-Auth";
    private static final String FORWARDED_FOR = "X-Forwarded-For";

    private final List<Cidr> trusted;
    private final Optional<Bytes> edgeSecret;

    ClientAddress(List<Cidr> trusted, Optional<Bytes> edgeSecret) {
        this.trusted = trusted;
        this.edgeSecret = edgeSecret;
    }

    /** The client's address as a literal; the peer's own unless a trusted edge names another. */
    String of(InetSocketAddress peer, Function<String, List<String>> headers) {
        InetAddress address = peer.getAddress();
        String direct = address == null ? peer.getHostString() : address.getHostAddress();
        if (address == null || !fromEdge(address, headers)) {
            return direct;
        }
        List<String> forwarded = headers.apply(FORWARDED_FOR);
        if (forwarded.size() != 1) {
            return direct;
        }
        // The last entry is the edge's own; what stands before it is the client's word.
        String last = forwarded.getFirst();
        last = last.substring(last.lastIndexOf(',') + 1).strip();
        return last.matches("[0-9A-Fa-f:.]{2,45}") ? last : direct;
    }

    private boolean fromEdge(InetAddress peer, Function<String, List<String>> headers) {
        List<String> auth = headers.apply(EDGE_AUTH);
        return edgeSecret.isPresent()
                && auth.size() == 1
                && trusted.stream().anyMatch(block -> block.contains(peer))
                && MessageDigest.isEqual(
                        edgeSecret.get().array(), auth.getFirst().getBytes(StandardCharsets.UTF_8));
    }
}
