package io.viworks.agent.host;

import java.time.Instant;

/**
 * One client of the VPN server.
 *
 * @param id names this connection and no later one: OpenVPN's client id, which begins again at 0
 *     with each start of OpenVPN, and the second it was made in
 * @param clientId OpenVPN's own number for it
 * @param virtualAddress empty while it has none
 */
public record VpnSession(
        String id,
        long clientId,
        String username,
        String realAddress,
        String virtualAddress,
        Instant since,
        long bytesIn,
        long bytesOut) {
    static VpnSession of(
            long clientId,
            String username,
            String realAddress,
            String virtualAddress,
            Instant since,
            long bytesIn,
            long bytesOut) {
        return new VpnSession(
                clientId + "-" + since.getEpochSecond(),
                clientId,
                username,
                realAddress,
                virtualAddress,
                since,
                bytesIn,
                bytesOut);
    }
}
