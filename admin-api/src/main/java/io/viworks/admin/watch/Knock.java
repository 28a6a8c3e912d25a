package io.viworks.admin.watch;

import io.viworks.service.HostPort;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * One TLS handshake with a door, for the certificate it shows: nothing is sent over it, and nothing
 * that it says is believed, so whom it belongs to is not asked.
 */
final class Knock {
    private static final Duration LONGEST = Duration.ofSeconds(5);

    private Knock() {}

    /** What came of it. */
    sealed interface Answer {}

    /** A certificate was shown that ends then, or one of its chain does. */
    record Shown(Instant ends) implements Answer {}

    /** None was shown. */
    record Nothing(String why) implements Answer {}

    static Answer at(HostPort door) {
        Sight sight = new Sight();
        try (Socket plain = new Socket()) {
            int millis = Math.toIntExact(LONGEST.toMillis());
            plain.connect(new InetSocketAddress(door.host(), door.port()), millis);
            plain.setSoTimeout(millis);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {sight}, null);
            try (SSLSocket socket =
                    (SSLSocket)
                            context.getSocketFactory()
                                    .createSocket(plain, door.host(), door.port(), true)) {
                socket.startHandshake();
            }
        } catch (IOException | GeneralSecurityException e) {
            // A door that wants a certificate of ours may end the handshake after showing its own.
            Instant seen = sight.ends.get();
            return seen == null ? new Nothing(String.valueOf(e.getMessage())) : new Shown(seen);
        }
        Instant seen = sight.ends.get();
        return seen == null ? new Nothing("it showed no certificate") : new Shown(seen);
    }

    /** Notes when the first of the chain ends. */
    private static final class Sight extends X509ExtendedTrustManager {
        final AtomicReference<@Nullable Instant> ends = new AtomicReference<>();

        private void see(X509Certificate[] chain) {
            for (X509Certificate certificate : chain) {
                Instant end = certificate.getNotAfter().toInstant();
                ends.accumulateAndGet(
                        end,
                        (before, now) ->
                                before == null || now == null || now.isBefore(before)
                                        ? now
                                        : before);
            }
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {
            see(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {
            see(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
            see(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {
            throw new UnsupportedOperationException("there are no clients here");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {
            throw new UnsupportedOperationException("there are no clients here");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
            throw new UnsupportedOperationException("there are no clients here");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
