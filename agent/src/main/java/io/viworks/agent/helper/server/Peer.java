package io.viworks.agent.helper.server;

import io.viworks.agent.helper.BadRequest;
import io.viworks.agent.helper.HelperCodes;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.Set;
import jdk.net.ExtendedSocketOptions;
import jdk.net.UnixDomainPrincipal;

/**
 * Whose process is at the other end, as the kernel says (SO_PEERCRED). The names are those of the
 * host; an id without a name is its number.
 */
record Peer(String user, String group) {
    /** Of a connection. */
    static Peer of(SocketChannel channel) throws IOException {
        UnixDomainPrincipal principal = channel.getOption(ExtendedSocketOptions.SO_PEERCRED);
        return new Peer(principal.user().getName(), principal.group().getName());
    }

    /** Whether it may ask at all. */
    void mustBeOneOf(Set<String> users, Set<String> groups) throws BadRequest {
        if (!users.contains(user) && !groups.contains(group)) {
            throw new BadRequest(
                    HelperCodes.PEER_NOT_ALLOWED,
                    "only allowed_users and allowed_groups of the helper may ask");
        }
    }
}
