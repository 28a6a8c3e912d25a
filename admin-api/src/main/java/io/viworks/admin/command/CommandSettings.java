package io.viworks.admin.command;

import io.viworks.ledger.LedgerLimits;

/**
 * What can be configured of commands.
 *
 * @param limits the ledger's measures
 * @param secretsOnSharedSecret whether secret arguments may go to gateways that still use the
 *     shared bootstrap secret
 */
public record CommandSettings(LedgerLimits limits, boolean secretsOnSharedSecret) {}
