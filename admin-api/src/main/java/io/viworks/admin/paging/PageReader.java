package io.viworks.admin.paging;

import io.viworks.admin.sql.Conditions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
        List<Placed<T>> found = new ArrayList<>();
        int wanted = ask.limit() + 1;
        for (Sort.Run run : ask.sort().runs(ask.after())) {
            if (found.size() < wanted) {
                found.addAll(read(ask.sort(), rows, run, wanted - found.size(), item));
            }
        }
        Page<Placed<T>> placed = Page.of(found, ask.limit(), row -> ask.cursorAt(row.place()));
        Page<T> page =
                new Page<>(placed.items().stream().map(Placed::item).toList(), placed.nextCursor());
        return (ask.count() ? page.with(count(rows)) : page).only(ask.fields());
    }

    private record Placed<T>(T item, Sort.Place place) {}

    private <T> List<Placed<T>> read(
            Sort sort, Rows rows, Sort.Run run, int limit, RowMapper<T> item) {
        Map<String, Object> parameters = new HashMap<>(rows.where().parameters());
        parameters.putAll(run.parameters());
        String sql = sort.column().indexed() ? AT_ONCE : IDS_FIRST;
        return jdbc.sql(
                        sql.formatted(
                                rows.columns(),
                                sort.column().sql(),
                                sort.id().sql(),
                                rows.from(),
                                rows.where().sql(),
                                run.condition(),
                                run.orderBy(),
                                limit,
                                sort.descending() ? "desc" : "asc"))
                .params(parameters)
                .query((row, number) ->
                        new Placed<>(
                                item.mapRow(row, number),
                                new Sort.Place(
                                        sort.column().kind().read(row, "page_key"),
                                        Objects.requireNonNull(
                                                sort.id().kind().read(row, "page_id")))))
                .list();
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
