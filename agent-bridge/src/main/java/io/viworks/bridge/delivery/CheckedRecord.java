package io.viworks.bridge.delivery;

import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.frame.CommandTimes;
import org.jspecify.annotations.Nullable;

/**
 * A record that can be given to somebody.
 *
 * @param times of a command that is not sealed, read once; null for all others
 */
record CheckedRecord(StreamRecord.OfCommands record, @Nullable CommandTimes times) {}
