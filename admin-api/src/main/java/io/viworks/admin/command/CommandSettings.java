package io.viworks.admin.command;

import io.viworks.ledger.LedgerLimits;
import io.viworks.protocol.sealing.SealingKeys;
import io.viworks.protocol.signing.EnvelopeSigner;
import java.util.Optional;

/**
 * What can be configured of commands.
 *
 * @param limits the ledger's measures
 * @param secretsOnSharedSecret whether secret arguments may go to gateways that still use the
 *     shared bootstrap secret
 * @param sealing seals every envelope with secrets; without it none is accepted
 * @param signer signs every envelope at its acceptance; without it none is signed
 */
public record CommandSettings(
        LedgerLimits limits,
        boolean secretsOnSharedSecret,
        Optional<SealingKeys> sealing,
        Optional<EnvelopeSigner> signer) {}
