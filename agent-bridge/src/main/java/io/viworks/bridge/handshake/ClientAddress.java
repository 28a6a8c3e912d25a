package io.viworks.bridge.handshake;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Function;

/** Where a handshake comes from. Anybody's word on it but the edge's is ignored (spec 2.1). */
final class ClientAddress {
    private static final String FORWARDED_FOR = "X-Forwarded-For";

    private ClientAddress() {}

    /** The client's address as a literal; the peer's own unless the edge names another. */
    static String of(
            InetSocketAddress peer, boolean fromEdge, Function<String, List<String>> headers) {
        InetAddress address = peer.getAddress();
        String direct = address == null ? peer.getHostString() : address.getHostAddress();
        List<String> forwarded = headers.apply(FORWARDED_FOR);
        if (!fromEdge || forwarded.size() != 1) {
            return direct;
        }
        // The last entry is the edge's own; what stands before it is the client's word.
        String last = forwarded.getFirst();
        last = last.substring(last.lastIndexOf(',') + 1).strip();
        return last.matches("[0-9A-Fa-f:.]{2,45}") ? last : direct;
    }
}
