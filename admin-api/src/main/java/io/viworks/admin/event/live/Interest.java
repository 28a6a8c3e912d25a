package io.viworks.admin.event.live;

import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.AgentId;
import java.util.Map;

/**
 * What one reader of a feed wants and may see.
 *
 * @param <R> the records the stream carries
 */
interface Interest<R extends StreamRecord> {
    /** Whether that depends on the sites of gateways. */
    boolean needsSites();

    /**
     * Whether this one is for the reader.
     *
     * @param sites of the gateways in question; empty when {@link #needsSites} is false
     */
    boolean wants(R record, Map<AgentId, String> sites);
}
