package io.viworks.admin.paging;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One page of a list.
 *
 * @param nextCursor asks for the next page; absent on the last
 */
public record Page<T>(List<T> items, @Nullable String nextCursor) {
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
}
