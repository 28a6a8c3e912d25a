package io.viworks.admin.paging;

/**
 * A column by which a list can be sorted.
 *
 * @param name what callers say
 * @param sql the column in the query; never of a caller's making
 * @param nullable whether rows may have no value: these come last, whatever the direction
 * @param indexed whether an index reads the list in this order, so that nothing is sorted
 */
public record SortColumn(String name, String sql, Kind kind, boolean nullable, boolean indexed) {
    /** A column that every row has a value in. */
    public static SortColumn of(String name, String sql, Kind kind) {
        return new SortColumn(name, sql, kind, false, false);
    }

    /** A column that every row has a value in, in whose order an index reads the list. */
    public static SortColumn indexed(String name, String sql, Kind kind) {
        return new SortColumn(name, sql, kind, false, true);
    }

    /** A column that may be NULL. */
    public static SortColumn nullable(String name, String sql, Kind kind) {
        return new SortColumn(name, sql, kind, true, false);
    }
}
