package io.viworks.backplane;

import io.lettuce.core.api.StatefulRedisConnection;

/**
 * A connection as it was dialled. While it stands it leads to one process and no other, for it does
 * not reconnect.
 *
 * @param runId the {@code run_id} of that process, which it has for its life
 */
record Dialled(StatefulRedisConnection<String, byte[]> connection, String runId) {}
