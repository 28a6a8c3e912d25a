package io.viworks.bridge.ops;

import io.viworks.protocol.Bytes;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;

/**
 * Who may use the ops endpoints (spec 05): who has the token; without one configured, processes of
 * this machine, and to look only.
 */
final class OpsGuard {
    private static final String SCHEME = "Bearer ";

    private final Optional<Bytes> token;

    OpsGuard(Optional<Bytes> token) {
        this.token = token;
    }

    /** A refusal: its status and what would be right. */
    record Refused(HttpStatus status, String code, String detail) {}

    /** Why this request is refused; empty when it may pass. */
    Optional<Refused> refuse(
            HttpMethod method, Optional<InetSocketAddress> peer, HttpHeaders headers) {
        if (token.isPresent()) {
            return isRight(token.get(), headers.getOrEmpty(HttpHeaders.AUTHORIZATION))
                    ? Optional.empty()
                    : Optional.of(
                            new Refused(
                                    HttpStatus.UNAUTHORIZED,
                                    "unauthorized",
                                    "Authorization must be Bearer and the ops token"));
        }
        boolean local =
                peer.map(InetSocketAddress::getAddress)
                        .map(address -> address.isLoopbackAddress())
                        .orElse(false);
        if (!local) {
            return Optional.of(
                    new Refused(
                            HttpStatus.FORBIDDEN,
                            "loopback_only",
                            "without AGENT_BRIDGE_ADMIN_TOKEN only this machine may ask"));
        }
        return HttpMethod.GET.equals(method) || HttpMethod.HEAD.equals(method)
                ? Optional.empty()
                : Optional.of(
                        new Refused(
                                HttpStatus.FORBIDDEN,
                                "token_needed",
                                "commands need AGENT_BRIDGE_ADMIN_TOKEN to be configured"));
    }

    private static boolean isRight(Bytes token, List<String> authorization) {
        if (authorization.size() != 1) {
            return false;
        }
        String value = authorization.getFirst();
        if (!value.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return false;
        }
        byte[] offered = value.substring(SCHEME.length()).strip().getBytes(StandardCharsets.UTF_8);
        return MessageDigest.isEqual(token.array(), offered);
    }
}
