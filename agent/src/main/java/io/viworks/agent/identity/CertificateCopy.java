package io.viworks.agent.identity;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.viworks.agent.log.AgentLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The file in which people and their tools find the certificate in use. The agent reads it never:
 * what counts stands in the identity, beside its key, so that no crash parts the two.
 */
record CertificateCopy(Path file, AgentLog log) {
    /** Makes the file hold this certificate; that it cannot be written costs nothing but a line. */
    void keep(ClientCertificate certificate) {
        String text = Pem.text(certificate.chain());
        try {
            if (!Files.exists(file) || !Files.readString(file, ISO_8859_1).equals(text)) {
                DurableFile.replace(file, text.getBytes(ISO_8859_1));
            }
        } catch (IOException e) {
            log.warn("certificate_unwritable")
                    .with("path", file)
                    .because(e)
                    .say("cannot write the copy of the certificate; the identity has it");
        }
    }
}
