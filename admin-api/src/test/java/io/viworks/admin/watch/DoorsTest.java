package io.viworks.admin.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.viworks.embedded.FreePort;
import io.viworks.service.HostPort;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;

/** A door tells when what it shows ends, and a closed one that it is closed. */
@SuppressWarnings("JavaUtilDate") // what the X.509 library takes
class DoorsTest {
    private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    private static final Duration LEFT = Duration.ofDays(12);

    @Test
    void tellsHowLongTheCertificateIsGoodThatADoorShows() throws Exception {
        try (SSLServerSocket door = door(false)) {
            MeterRegistry meters = look(door);
            assertThat(gauge(meters, "viw.door.certificate.ends.in"))
                    .isEqualTo((double) LEFT.toSeconds());
        }
    }

    @Test
    void aDoorThatWantsACertificateOfTheCallerShowsItsOwnAllTheSame() throws Exception {
        try (SSLServerSocket door = door(true)) {
            MeterRegistry meters = look(door);
            assertThat(gauge(meters, "viw.door.certificate.ends.in"))
                    .isEqualTo((double) LEFT.toSeconds());
        }
    }

    @Test
    void aDoorThatDoesNotAnswerIsClosed() throws Exception {
        int port = FreePort.or(0);
        assertThat(Knock.at(new HostPort("127.0.0.1", port))).isInstanceOf(Knock.Nothing.class);
    }

    private MeterRegistry look(SSLServerSocket door) {
        MeterRegistry meters = new SimpleMeterRegistry();
        Doors doors =
                new Doors(
                        new WatchSettings(List.of(new HostPort("127.0.0.1", door.getLocalPort()))),
                        InstantSource.fixed(now),
                        meters);
        // On a busy machine a handshake may take longer than a knock waits.
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> {
                    doors.look();
                    assertThat(gauge(meters, "viw.door.open")).isEqualTo(1);
                });
        doors.close();
        return meters;
    }

    private static double gauge(MeterRegistry meters, String name) {
        return meters.get(name).gauge().value();
    }

    private SSLServerSocket door(boolean wantsOurs) throws Exception {
        KeyPairGenerator keys = KeyPairGenerator.getInstance("EC");
        keys.initialize(256);
        KeyPair pair = keys.generateKeyPair();
        X500Name name = new X500Name("CN=somebody else");
        Certificate certificate =
                new JcaX509CertificateConverter()
                        .getCertificate(
                                new JcaX509v3CertificateBuilder(
                                                name,
                                                BigInteger.ONE,
                                                Date.from(now.minus(Duration.ofDays(1))),
                                                Date.from(now.plus(LEFT)),
                                                name,
                                                pair.getPublic())
                                        .build(
                                                new JcaContentSignerBuilder("SHA256withECDSA")
                                                        .build(pair.getPrivate())));
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("door", pair.getPrivate(), new char[0], new Certificate[] {certificate});
        KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
        managers.init(store, new char[0]);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        SSLServerSocket server =
                (SSLServerSocket)
                        context.getServerSocketFactory()
                                .createServerSocket(0, 5, InetAddress.getLoopbackAddress());
        server.setNeedClientAuth(wantsOurs);
        Thread.ofVirtual().start(() -> answer(server));
        return server;
    }

    private static void answer(SSLServerSocket server) {
        while (!server.isClosed()) {
            try (SSLSocket caller = (SSLSocket) server.accept()) {
                caller.startHandshake();
            } catch (IOException _) {
                // A caller that went, or the end of the test.
            }
        }
    }
}
