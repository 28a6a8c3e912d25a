package io.viworks.conformance.packaged.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code deploy/certs/make-certs} overwrites nothing, opens nothing, and says the right pins. */
@Tag("edge")
class MakeCertsTest {
    private static Certificates fresh(Path folder) throws Exception {
        return Certificates.in(folder.resolve("ca"));
    }

    @Test
    void whatIsThereIsKept(@TempDir Path folder) throws Exception {
        Certificates certificates = fresh(folder);
        String _ = certificates.make("client", "gw-1");
        String ca = Files.readString(certificates.caKey());
        String client = Files.readString(certificates.keyOf("gw-1"));
        assertThatThrownBy(() -> certificates.make("init", "localhost"))
                .hasMessageContaining("nothing was changed");
        assertThatThrownBy(() -> certificates.make("client", "gw-2", "gw-1"))
                .hasMessageContaining("nothing was changed");
        assertThat(certificates.certificateOf("gw-2")).doesNotExist();
        String _ = certificates.make("client", "gw-2");
        assertThat(Files.readString(certificates.caKey())).isEqualTo(ca);
        assertThat(Files.readString(certificates.keyOf("gw-1"))).isEqualTo(client);
        String _ = certificates.make("client", "--renew", "gw-1");
        assertThat(Files.readString(certificates.keyOf("gw-1"))).isNotEqualTo(client);
    }

    @Test
    void keysAreTheirOwnersAlone(@TempDir Path folder) throws Exception {
        Certificates certificates = fresh(folder);
        String _ = certificates.make("client", "gw-1");
        assertThat(Files.getPosixFilePermissions(folder.resolve("ca")))
                .isEqualTo(PosixFilePermissions.fromString("rwx------"));
        try (var files = Files.walk(folder.resolve("ca"))) {
            List<Path> keys = files.filter(file -> file.toString().endsWith(".key")).toList();
            assertThat(keys).hasSize(5);
            for (Path key : keys) {
                assertThat(Files.getPosixFilePermissions(key))
                        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
            }
        }
        assertThat(folder.resolve("ca/edge/ca.key")).doesNotExist();
        assertThat(folder.resolve("ca/edge/server.key")).exists();
    }

    @Test
    void aCertificateNamesItsGatewayAndNobodyElse(@TempDir Path folder) throws Exception {
        Certificates certificates = fresh(folder);
        String _ = certificates.make("client", "gw_1.site-2");
        X509Certificate certificate =
                Certificates.certificate(certificates.certificateOf("gw_1.site-2"));
        assertThat(certificate.getSubjectX500Principal().getName()).isEqualTo("CN=gw_1.site-2");
        assertThat(certificate.getSubjectAlternativeNames())
                .singleElement()
                .satisfies(
                        name -> assertThat(name.get(1)).isEqualTo("urn:viworks:agent:gw_1.site-2"));
        for (String wrong : List.of("../gw", "gw/1", "gw 1", "gw,CN=gw-2", "-gw", "")) {
            assertThatThrownBy(() -> certificates.make("client", "--", wrong))
                    .as(wrong)
                    .hasMessageContaining("no gateway id");
        }
    }

    @Test
    void theSparesPinIsTheNextServersPin(@TempDir Path folder) throws Exception {
        Certificates certificates = fresh(folder);
        List<String> before = certificates.make("pins").lines().toList();
        assertThat(before.getFirst()).endsWith(pin(certificates.serverCertificate()));
        String spare = before.getLast().replace("spare  ", "");
        String _ = certificates.make("next-server");
        assertThat(pin(certificates.serverCertificate())).isEqualTo(spare);
        assertThat(pin(folder.resolve("ca/edge/server.crt"))).isEqualTo(spare);
        String _ = certificates.make("renew-server");
        assertThat(pin(certificates.serverCertificate())).isEqualTo(spare);
    }

    private static String pin(Path certificate) throws Exception {
        byte[] key = Certificates.certificate(certificate).getPublicKey().getEncoded();
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(key);
        return "sha256/" + Base64.getEncoder().encodeToString(digest);
    }

    @Test
    void itSaysHowItIsUsedAndWhatItHasIssued(@TempDir Path folder) throws Exception {
        Certificates certificates = fresh(folder);
        assertThat(certificates.make("--help")).contains("usage: make-certs");
        assertThat(certificates.make("list")).contains("valid localhost");
    }
}
