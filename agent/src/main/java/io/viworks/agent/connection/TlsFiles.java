package io.viworks.agent.connection;

import io.viworks.agent.config.AgentConfig;
import io.viworks.agent.identity.ClientCertificate;
import io.viworks.agent.log.AgentLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * The files that people put there for TLS, read again once they have changed. While what is new
 * cannot be used, for a half of it may still be on its way, what was read before is used. Not
 * thread-safe.
 */
final class TlsFiles {
    private final AgentConfig config;
    private final InstantSource clock;
    private final AgentLog log;
    private List<Stamp> stamps;
    private @Nullable ClientCertificate certificate;

    /** Enough of a file to see that it is another one now. */
    private record Stamp(Object changed, long size, @Nullable Object key) {}

    /**
     * Reads them for the first time.
     *
     * @throws IOException says which file is not what it should be
     */
    TlsFiles(AgentConfig config, InstantSource clock, AgentLog log) throws IOException {
        this.config = config;
        this.clock = clock;
        this.log = log;
        this.stamps = stamps();
        SSLContext _ = context(null);
        this.certificate = read();
    }

    private @Nullable ClientCertificate read() throws IOException {
        Path certificateFile = config.certificate();
        Path keyFile = config.privateKey();
        return certificateFile == null || keyFile == null
                ? null
                : ClientCertificate.read(certificateFile, keyFile);
    }

    /**
     * Looks whether they have changed.
     *
     * @return whether contexts made so far are out of date
     */
    boolean changed() {
        try {
            List<Stamp> now = stamps();
            if (now.equals(stamps)) {
                return false;
            }
            SSLContext _ = context(null);
            certificate = read();
            stamps = now;
            log.info("tls_files_read").say("the files for TLS have changed and were read again");
            return true;
        } catch (IOException e) {
            log.error("tls_files_unusable")
                    .because(e)
                    .say("the files for TLS have changed and cannot be used: the old ones stay");
            return false;
        }
    }

    private List<Stamp> stamps() throws IOException {
        List<Stamp> found = new ArrayList<>();
        stamp(config.trustBundle(), found);
        if (config.privateKey() != null) {
            stamp(config.certificate(), found);
            stamp(config.privateKey(), found);
        }
        return found;
    }

    private static void stamp(@Nullable Path file, List<Stamp> found) throws IOException {
        if (file != null) {
            BasicFileAttributes is = Files.readAttributes(file, BasicFileAttributes.class);
            found.add(new Stamp(is.lastModifiedTime(), is.size(), is.fileKey()));
        }
    }

    /** A context that trusts what the files say. */
    SSLContext context(@Nullable ClientCertificate shown) throws IOException {
        return Tls.context(config.trustBundle(), config.backendPins(), shown);
    }

    /** What people gave the agent to show; null when they gave none. */
    @Nullable ClientCertificate certificate() {
        return certificate;
    }

    /**
     * Says so when it is too late. It is shown all the same: the server says what it makes of it.
     */
    void lookAtTheEnd() {
        ClientCertificate shown = certificate;
        if (shown != null && shown.isExpired(clock.instant())) {
            log.error("certificate_expired")
                    .with("path", String.valueOf(config.certificate()))
                    .with("until", shown.until())
                    .say("cert_path has expired: put a newer certificate there, and its key");
        }
    }
}
