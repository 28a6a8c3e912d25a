package io.viworks.admin.paging;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.annotation.JsonSerialize;

/**
 * One page of a list.
 *
 * @param nextCursor asks for the next page; null on the last
 * @param total how many items all pages have together; only when it was asked for
 * @param totalExact whether there are no more; with {@code total} only
 * @param only the members of each item that are shown; none stands for all
 */
@JsonSerialize(using = PageSerializer.class)
public record Page<T>(
        List<T> items,
        @Nullable String nextCursor,
        @JsonInclude(JsonInclude.Include.NON_NULL)
                @Schema(
                        description =
                                "items of all pages together, with count=true only; counting ends"
                                        + " at 100000")
                @Nullable Long total,
        @JsonInclude(JsonInclude.Include.NON_NULL)
                @Schema(description = "with total: whether there are no more than that")
                @Nullable Boolean totalExact,
        @JsonIgnore Set<String> only) {
    /** Copies the set. */
    public Page {
        only = Set.copyOf(only);
    }

    /** A page with every member of its items, and without a count. */
    public Page(List<T> items, @Nullable String nextCursor) {
        this(items, nextCursor, null, null, Set.of());
    }

    /**
     * Makes a page of rows that were read with one more than the limit.
     *
     * @param key the sort key of an item: the cursor names the last one shown, so that rows which
     *     come or go meanwhile move no other row between pages
     */
    public static <T> Page<T> of(List<T> oneMore, int limit, Function<T, Cursor> key) {
        if (oneMore.size() <= limit) {
            return new Page<>(List.copyOf(oneMore), null);
        }
        List<T> shown = List.copyOf(oneMore.subList(0, limit));
        return new Page<>(shown, key.apply(shown.getLast()).text());
    }

    /** The same page with how many there are. */
    Page<T> with(Total counted) {
        return new Page<>(items, nextCursor, counted.count(), counted.exact(), only);
    }

    /** The same page, its items with these members only. */
    Page<T> only(Set<String> members) {
        return new Page<>(items, nextCursor, total, totalExact, members);
    }
}
