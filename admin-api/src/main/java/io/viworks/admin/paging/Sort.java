package io.viworks.admin.paging;

import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The order of a list: by one column, rows without a value last in either direction, and by the id
 * where values are equal, so that no two rows stand at one place.
 */
public record Sort(SortColumn column, SortColumn id, boolean descending) {

    /** The orders that a list offers. */
    public static final class Choice {
        private final SortColumn id;
        private final List<SortColumn> columns;
        private final String standard;

        private Choice(String standard, SortColumn id, List<SortColumn> columns) {
            this.id = id;
            this.columns = columns;
            this.standard = standard;
            of(null);
        }

        /**
         * The order asked for, or the standard one.
         *
         * @param text a name, after {@code -} for the greatest first
         * @throws Refusal {@link ProblemCode#BAD_PARAMETER} for an unknown name
         */
        public Sort of(@Nullable String text) {
            String asked = text == null ? standard : text;
            boolean descending = asked.startsWith("-");
            String name = descending ? asked.substring(1) : asked;
            return columns.stream()
                    .filter(column -> column.name().equals(name))
                    .findFirst()
                    .map(column -> new Sort(column, id, descending))
                    .orElseThrow(this::unknown);
        }

        private Refusal unknown() {
            String known = columns.stream().map(SortColumn::name).collect(Collectors.joining(", "));
            return Refusal.of(
                    ProblemCode.BAD_PARAMETER,
                    "the list is not sorted by that",
                    List.of(
                            InputError.in(
                                    "sort",
                                    "must be one of " + known + ", after - for descending")));
        }
    }

    /**
     * The orders that a list offers: by its id and by the others.
     *
     * @param standard the order when none is asked for
     * @param id what tells any two rows apart; never NULL
     */
    public static Choice choice(String standard, SortColumn id, SortColumn... others) {
        return new Choice(standard, id, Stream.concat(Stream.of(id), Stream.of(others)).toList());
    }

    /** The whole order as SQL, for a query that is not read in pages. */
    public String orderBy() {
        String direction = descending ? " desc" : " asc";
        return isById()
                ? id.sql() + direction
                : column.sql()
                        + direction
                        + (column.nullable() ? " nulls last, " : ", ")
                        + id.sql()
                        + direction;
    }

    private boolean isById() {
        return column.equals(id);
    }

    /**
     * The place in this order that a cursor names.
     *
     * @param key the value of the column; null when the row had none
     */
    record Place(@Nullable String key, String id) {
        private static final String VALUE = "v";
        private static final String NULL = "n";

        List<String> parts() {
            return key == null ? List.of(NULL, "", id) : List.of(VALUE, key, id);
        }

        static Place of(List<String> parts) {
            return switch (parts.get(0)) {
                case VALUE -> new Place(parts.get(1), parts.get(2));
                case NULL -> new Place(null, parts.get(2));
                default -> throw Cursor.refusal();
            };
        }
    }

    /**
     * A run of rows that one query reads, in an order that an index on (column, id) has in both
     * directions: rows with a value, and those without one behind them.
     */
    record Run(String condition, Map<String, Object> parameters, String orderBy) {}

    /** The runs that hold everything behind the place, in their order. */
    List<Run> runs(@Nullable Place after) {
        List<Run> runs = new ArrayList<>();
        if (isById()) {
            runs.add(byId(after));
            return runs;
        }
        if (after == null || after.key() != null) {
            runs.add(withValues(after));
        }
        if (column.nullable()) {
            runs.add(withoutValues(after != null && after.key() == null ? after : null));
        } else if (runs.isEmpty()) {
            throw Cursor.refusal();
        }
        return runs;
    }

    private Run byId(@Nullable Place after) {
        Map<String, Object> parameters = new HashMap<>();
        String condition = "true";
        if (after != null) {
            condition = id.sql() + beyond() + ":page_id";
            parameters.put("page_id", id.kind().parameter(after.id()));
        }
        return new Run(condition, parameters, id.sql() + direction());
    }

    private Run withValues(@Nullable Place after) {
        Map<String, Object> parameters = new HashMap<>();
        String condition = column.nullable() ? column.sql() + " is not null" : "true";
        if (after != null && after.key() != null) {
            condition +=
                    " and (%s, %s)%s(:page_key, :page_id)"
                            .formatted(column.sql(), id.sql(), beyond());
            parameters.put("page_key", column.kind().parameter(after.key()));
            parameters.put("page_id", id.kind().parameter(after.id()));
        }
        return new Run(condition, parameters, byColumn());
    }

    private Run withoutValues(@Nullable Place after) {
        Map<String, Object> parameters = new HashMap<>();
        String condition = column.sql() + " is null";
        if (after != null) {
            condition += " and " + id.sql() + beyond() + ":page_id";
            parameters.put("page_id", id.kind().parameter(after.id()));
        }
        return new Run(condition, parameters, byColumn());
    }

    /** Without "nulls last": no run has both, and an index is read in either direction so. */
    private String byColumn() {
        return column.sql() + direction() + ", " + id.sql() + direction();
    }

    private String direction() {
        return descending ? " desc" : " asc";
    }

    private String beyond() {
        return descending ? " < " : " > ";
    }
}
