package io.viworks.admin.sql;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;

/** Reads columns of a row as what the API shows. Thread-safe. */
@Component
public final class Columns {
    private final JsonMapper json;
    private final ObjectReader objects;

    Columns(JsonMapper json) {
        this.json = json;
        this.objects = json.readerFor(new TypeReference<Map<String, Object>>() {});
    }

    /** A jsonb object; empty when the column is null or something else. */
    public Map<String, Object> object(ResultSet row, String column) throws SQLException {
        String text = row.getString(column);
        return text == null || !text.startsWith("{") ? Map.of() : objects.readValue(text);
    }

    /** A jsonb array; empty when the column is null or something else. */
    public List<Object> array(ResultSet row, String column) throws SQLException {
        return value(row, column) instanceof List<?> list ? new ArrayList<>(list) : List.of();
    }

    /** Any jsonb value as maps, lists, strings, numbers and booleans. */
    public @Nullable Object value(ResultSet row, String column) throws SQLException {
        String text = row.getString(column);
        return text == null ? null : json.readValue(text, Object.class);
    }

    /** A text array; empty when the column is null. */
    public static List<String> texts(ResultSet row, String column) throws SQLException {
        java.sql.Array array = row.getArray(column);
        return array == null ? List.of() : List.of((String[]) array.getArray());
    }

    public static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        OffsetDateTime value = row.getObject(column, OffsetDateTime.class);
        return value == null ? null : value.toInstant();
    }

    public static @Nullable Integer integer(ResultSet row, String column) throws SQLException {
        return row.getObject(column, Integer.class);
    }

    public static @Nullable Long bigint(ResultSet row, String column) throws SQLException {
        return row.getObject(column, Long.class);
    }

    public static @Nullable Double number(ResultSet row, String column) throws SQLException {
        double value = row.getDouble(column);
        return row.wasNull() ? null : value;
    }

    /** A JSON tree as a value that is shown. */
    public @Nullable Object shown(JsonNode node) {
        return json.treeToValue(node, Object.class);
    }

    /** A value as JSON text, for a jsonb parameter. */
    public String text(Object value) {
        return json.writeValueAsString(value);
    }
}
