package io.viworks.admin.paging;

import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What can be asked of a list besides its filters.
 *
 * @param name tells its cursors from those of other lists
 */
public record ListShape(String name, Sort.Choice sorts, Fields fields) {
    /** What changes nothing about which rows there are, and in which order. */
    private static final Set<String> OF_THE_PAGE =
            Set.of("cursor", "limit", "fields", "count", "format");

    /** Bytes of the hash in a cursor: it tells mistakes, no secret hangs on it. */
    private static final int HASH_BYTES = 9;

    /**
     * What a caller wants of a list.
     *
     * @param question the list, its order and its filters: cursors of another are refused
     * @param fields the members of each item; none stands for all
     * @param count whether to say how many there are
     */
    public record Ask(
            Sort sort,
            Set<String> fields,
            String question,
            int limit,
            @Nullable String cursor,
            boolean count) {
        /** Copies the set. */
        public Ask {
            fields = Set.copyOf(fields);
        }

        Sort.@Nullable Place after() {
            return cursor == null ? null : Sort.Place.of(Cursor.parse(cursor, question, 3).key());
        }

        Cursor cursorAt(Sort.Place place) {
            return new Cursor(question, place.parts());
        }
    }

    /** The same list of one thing: its cursors are refused for another. */
    public ListShape of(String thing) {
        return new ListShape(name + "/" + thing, sorts, fields);
    }

    /**
     * Reads what every list takes. The request's other parameters are the filters: a cursor counts
     * with the very same only.
     */
    public Ask ask(
            HttpServletRequest request,
            @Nullable String sort,
            @Nullable String fields,
            @Nullable Boolean count,
            @Nullable Integer limit,
            @Nullable String cursor) {
        return new Ask(
                sorts.of(sort),
                this.fields.of(fields),
                name + ":" + hash(request.getParameterMap()),
                Limit.of(limit),
                cursor,
                count != null && count);
    }

    private static String hash(Map<String, String[]> parameters) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            new TreeMap<>(parameters)
                    .forEach((name, values) -> {
                        if (!OF_THE_PAGE.contains(name)) {
                            Arrays.stream(values)
                                    .sorted()
                                    .forEach(value -> add(digest, name, value));
                        }
                    });
            return HexFormat.of().formatHex(digest.digest(), 0, HASH_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static void add(MessageDigest digest, String name, String value) {
        digest.update(name.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
        digest.update(value.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
    }
}
