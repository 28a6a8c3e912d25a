package io.viworks.admin.command;

import io.viworks.ledger.LedgerLimits;
import io.viworks.protocol.sealing.SealingKeys;
import io.viworks.protocol.signing.EnvelopeSigner;
import java.util.Optional;

/**
 * What can be configured of commands.
 *
 * @param limits the ledger's measures
 * @param gatewayRate commands a second to one gateway; twice as many at once
 * @param sourceRate commands a second from one address; twice as many at once
 * @param batchMax gateways that one batch may have
 * @param secretsOnSharedSecret whether secret arguments may go to gateways that still use the
 *     shared bootstrap secret
 * @param sealing seals every envelope with secrets; without it none is accepted
 * @param signer signs every envelope at its acceptance; without it none is signed
 */
public record CommandSettings(
        LedgerLimits limits,
        int gatewayRate,
        int sourceRate,
        int batchMax,
        boolean secretsOnSharedSecret,
        Optional<SealingKeys> sealing,
        Optional<EnvelopeSigner> signer) {}
