package io.viworks.admin.command;

import io.viworks.ledger.LedgerLimits;
import io.viworks.protocol.signing.EnvelopeSigner;
import java.util.Optional;

/**
 * What can be configured of commands.
 *
 * @param limits the ledger's measures
 * @param secretsOnSharedSecret whether secret arguments may go to gateways that still use the
 *     shared bootstrap secret
 * @param signer signs every envelope at its acceptance; without it none is signed
 */
public record CommandSettings(
        LedgerLimits limits, boolean secretsOnSharedSecret, Optional<EnvelopeSigner> signer) {}
