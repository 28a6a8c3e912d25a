package io.viworks.admin.command;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What became of a command for many gateways; the same again for the same request.
 *
 * @param batchId names the batch; absent when nothing was written
 * @param dryRun whether this is what would be, and nothing was done
 * @param total gateways the request was about
 * @param accepted those that have their command in the ledger
 * @param refused those that were refused
 * @param commands of each gateway, by its id
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record BatchReceipt(
        @Nullable UUID batchId,
        boolean dryRun,
        String command,
        int total,
        int accepted,
        int refused,
        List<Item> commands) {
    /**
     * One gateway's part.
     *
     * @param correlationId its command; absent when it was refused, or nothing was written
     * @param code why it was refused: the code that the command alone would have been refused with
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Item(
            String agentId,
            @Schema(format = "uuid") @Nullable String correlationId,
            @Nullable String code) {}

    /** The receipt of a batch, of what the ledger and its row say. */
    static BatchReceipt of(Batches.Batch batch, Map<String, String> accepted) {
        Map<String, Item> items = new TreeMap<>();
        batch.refused()
                .forEach((agent, code) ->
                        items.put(agent, new Item(agent, null, String.valueOf(code))));
        accepted.forEach((agent, id) -> items.put(agent, new Item(agent, id, null)));
        return new BatchReceipt(
                batch.id(),
                false,
                batch.verb(),
                batch.total(),
                accepted.size(),
                batch.refused().size(),
                new ArrayList<>(items.values()));
    }
}
