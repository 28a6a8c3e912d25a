package io.viworks.bridge.certificate;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What decides which certificates are good.
 *
 * @param bundle {@code AGENT_CA_BUNDLE}: who may issue them
 * @param revocations {@code AGENT_CRL_FILE}: which were taken back
 * @param policy {@code AGENT_CLIENT_DN_POLICY}: what their subjects must be
 */
public record CertificateSettings(
        Path bundle, Optional<Path> revocations, Optional<DnPolicy> policy) {}
