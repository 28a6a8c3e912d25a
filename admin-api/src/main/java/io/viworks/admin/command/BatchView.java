package io.viworks.admin.command;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A batch as a caller may see it: whoever is limited to sites, and has not sent it himself, sees
 * the part that is of his sites.
 *
 * @param parameters without secrets: those are masked
 * @param total gateways it is about
 * @param states how many of its commands are in each state, counted now
 * @param open how many have not ended
 * @param refused how many were refused, by the code of the refusal
 * @param finishedAt when the last gateway was in the ledger or refused; absent while it is worked
 *     on, or after a crash, until the request is sent again under its key
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record BatchView(
        UUID batchId,
        String command,
        Map<String, Object> parameters,
        String delivery,
        String issuedBy,
        Instant issuedAt,
        @Nullable Instant finishedAt,
        int total,
        Map<String, Integer> states,
        int open,
        Map<String, Integer> refused,
        @Nullable Instant lastEndedAt,
        @Nullable Instant cancelRequestedAt,
        @Nullable String cancelRequestedBy) {}
