package io.viworks.ledger;

import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.BridgeId;

/** A record to be written to the stream of a bridge, after the commit that decided it. */
public record ToSend(BridgeId bridge, StreamRecord.OfCommands record) {}
