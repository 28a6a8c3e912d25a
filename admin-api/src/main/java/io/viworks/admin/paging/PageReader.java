package io.viworks.admin.paging;

import io.viworks.admin.sql.Conditions;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.RowCallbackHandler;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Reads pages of a list by keyset: a page begins behind the last row of the one before, so that
 * rows which come, go or change move no other row between pages. Thread-safe.
 */
@Component
public final class PageReader {
    /** Whole rows, as they are found. */
    private static final String AT_ONCE =
            """
            select %1$s, %2$s as page_key, %3$s as page_id
            from %4$s
            where %5$s
              and %6$s
            order by %7$s
            limit %8$d
            """;

    /**
     * The ids first, and what is shown of them then: where no index has the order, narrow rows are
     * sorted and not whole ones.
     */
    private static final String IDS_FIRST =
            """
            select %1$s, page_key, page_id
            from (select %2$s as page_key, %3$s as page_id
                  from %4$s
                  where %5$s
                    and %6$s
                  order by %7$s
                  limit %8$d) page
            cross join %4$s
            where %3$s = page_id
            order by page_key %9$s, page_id %9$s
            """;

    private final JdbcClient jdbc;

    PageReader(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * The rows of a list, as SQL without order and limit.
     *
     * @param from tables with their joins
     */
    public record Rows(String columns, String from, Conditions where) {}

    /** The page that was asked for. */
    public <T> Page<T> read(ListShape.Ask ask, Rows rows, RowMapper<T> item) {
        Found<T> found = new Found<>(ask.sort(), ask.limit(), item);
        for (Sort.Run run : ask.sort().runs(ask.after())) {
            if (found.wanted() > 0) {
                read(ask.sort(), rows, run, found);
            }
        }
        Page<T> page = found.page(ask);
        return (ask.count() ? page.with(count(rows)) : page).only(ask.fields());
    }

    /** The rows of a page and one more, and where the last that is shown stands. For one thread. */
    private static final class Found<T> implements RowCallbackHandler {
        private final Sort sort;
        private final int limit;
        private final RowMapper<T> item;
        private final List<T> items = new ArrayList<>();
        private Sort.@Nullable Place lastShown;

        Found(Sort sort, int limit, RowMapper<T> item) {
            this.sort = sort;
            this.limit = limit;
            this.item = item;
        }

        /** Rows that are still to be asked for: one more than is shown tells of a next page. */
        int wanted() {
            return limit + 1 - items.size();
        }

        @Override
        public void processRow(ResultSet row) throws SQLException {
            items.add(item.mapRow(row, items.size()));
            if (items.size() == limit) {
                lastShown = place(row);
            }
        }

        private Sort.Place place(ResultSet row) throws SQLException {
            return new Sort.Place(
                    sort.column().kind().read(row, "page_key"),
                    Objects.requireNonNull(sort.id().kind().read(row, "page_id")));
        }

        Page<T> page(ListShape.Ask ask) {
            return Page.of(items, limit, _ -> ask.cursorAt(Objects.requireNonNull(lastShown)));
        }
    }

    private void read(Sort sort, Rows rows, Sort.Run run, Found<?> found) {
        Map<String, Object> parameters = new HashMap<>(rows.where().parameters());
        parameters.putAll(run.parameters());
        String sql = sort.column().indexed() ? AT_ONCE : IDS_FIRST;
        jdbc.sql(
                        sql.formatted(
                                rows.columns(),
                                sort.column().sql(),
                                sort.id().sql(),
                                rows.from(),
                                rows.where().sql(),
                                run.condition(),
                                run.orderBy(),
                                found.wanted(),
                                sort.descending() ? "desc" : "asc"))
                .params(parameters)
                .query(found);
    }

    private Total count(Rows rows) {
        return Total.of(
                jdbc.sql(
                                """
                                select count(*)
                                from (select from %s where %s limit %d) counted
                                """
                                        .formatted(rows.from(), rows.where().sql(), Total.MAX + 1))
                        .params(rows.where().parameters())
                        .query(Long.class)
                        .single());
    }
}
