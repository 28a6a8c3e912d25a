package io.viworks.admin.enrolment;

import io.viworks.protocol.Bytes;
import io.viworks.service.Cidr;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Collections;
import java.util.List;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Lets an enrolment that came by the edge be its client's: for rates and for the audit log. The
 * edge's word counts only from a trusted address and with the edge's secret (spec 2.1); anybody
 * else's is ignored.
 */
final class BehindEdge extends OncePerRequestFilter {
    private static final String AUTH = "X-Edge-Auth";
    private static final String FORWARDED_FOR = "X-Forwarded-For";

    private final List<Cidr> trusted;
    private final List<Bytes> secrets;

    BehindEdge(EnrolmentSettings settings) {
        this.trusted = settings.trustedProxies();
        this.secrets = settings.edgeSecrets();
    }

    @Override
    protected void doFilterInternal(
            HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String client = client(request);
        chain.doFilter(
                new HttpServletRequestWrapper(request) {
                    @Override
                    public String getRemoteAddr() {
                        return client;
                    }
                },
                response);
    }

    private String client(HttpServletRequest request) {
        String direct = request.getRemoteAddr();
        List<String> forwarded = Collections.list(request.getHeaders(FORWARDED_FOR));
        if (forwarded.size() != 1 || !isEdge(direct, request)) {
            return direct;
        }
        // The last entry is the edge's own; what stands before it is the client's word.
        String last = forwarded.getFirst();
        last = last.substring(last.lastIndexOf(',') + 1).strip();
        return last.matches("[0-9A-Fa-f:.]{2,45}") ? last : direct;
    }

    private boolean isEdge(String direct, HttpServletRequest request) {
        List<String> auth = Collections.list(request.getHeaders(AUTH));
        if (auth.size() != 1 || !isTrusted(direct)) {
            return false;
        }
        byte[] word = auth.getFirst().getBytes(StandardCharsets.UTF_8);
        boolean known = false;
        for (Bytes secret : secrets) {
            known |= MessageDigest.isEqual(secret.array(), word);
        }
        return known;
    }

    private boolean isTrusted(String direct) {
        try {
            // The server's own word, always a literal: nobody is asked for a name.
            InetAddress address = InetAddress.getByName(direct);
            return trusted.stream().anyMatch(block -> block.contains(address));
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
