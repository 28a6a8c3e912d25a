package io.viworks.agent.identity;

import io.viworks.agent.log.AgentLog;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The agent's keys as they are on disk, and the copy of the certificate. Not thread-safe. */
final class KeyRing {
    private final IdentityFile file;
    private final @Nullable CertificateCopy copy;
    private final AgentLog log;
    private Keys keys;

    private KeyRing(IdentityFile file, @Nullable CertificateCopy copy, AgentLog log, Keys keys) {
        this.file = file;
        this.copy = copy;
        this.log = log;
        this.keys = keys;
    }

    /**
     * Reads the keys, or makes the first one. A file that is damaged is put aside.
     *
     * @param copy null when certificates are not asked for
     * @throws IOException when the file cannot be read or written, or is another gateway's
     */
    static KeyRing open(
            IdentityFile file, @Nullable CertificateCopy copy, Instant now, AgentLog log)
            throws IOException {
        Keys keys;
        try {
            keys = file.load();
        } catch (IdentityFile.Damaged e) {
            Path aside = file.setAside(now);
            log.error("identity_damaged")
                    .with("path", aside)
                    .because(e)
                    .say("the identity cannot be read and was put aside: a new one needs a token");
            keys = Keys.NONE;
        }
        if (keys.current() == null && keys.next() == null) {
            keys = Keys.NONE.withNext(OwnKey.fresh(now));
            file.store(keys);
        }
        KeyRing ring = new KeyRing(file, copy, log, keys);
        ring.publish();
        return ring;
    }

    Keys keys() {
        return keys;
    }

    @Nullable OwnKey current() {
        return keys.current();
    }

    @Nullable OwnKey next() {
        return keys.next();
    }

    /** Whether each key is to have a certificate. */
    boolean certificates() {
        return copy != null;
    }

    /**
     * Puts other keys in the place of those there are; on disk first.
     *
     * @return whether they could be put there; if not, all is as before
     */
    boolean store(Keys changed) {
        try {
            file.store(changed);
            keys = changed;
            publish();
            return true;
        } catch (IOException e) {
            log.error("identity_unwritable").because(e).say("cannot store the identity");
            return false;
        }
    }

    /** Shows people the certificate in use. */
    private void publish() {
        OwnKey used = keys.current() == null ? keys.next() : keys.current();
        ClientCertificate certificate = used == null ? null : used.certificate();
        if (copy != null && certificate != null) {
            copy.keep(certificate);
        }
    }
}
