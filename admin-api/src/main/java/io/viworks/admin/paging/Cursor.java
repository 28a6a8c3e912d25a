package io.viworks.admin.paging;

import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The place in a list after which the next page begins: the sort key of the last item shown.
 *
 * @param list names the list and its order, so that a cursor of another is refused
 */
public record Cursor(String list, List<String> key) {
    private static final String SEPARATOR = "\u001f";

    /** Refuses a name that holds the separator. */
    public Cursor {
        key = List.copyOf(key);
        if (list.contains(SEPARATOR)) {
            throw new IllegalArgumentException("a list's name holds no control characters");
        }
    }

    /** Opaque to callers: base64url. */
    public String text() {
        String joined =
                Stream.concat(Stream.of(list), key.stream().map(Cursor::escaped))
                        .collect(Collectors.joining(SEPARATOR));
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(joined.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Reads a cursor of this list.
     *
     * @param parts how many parts its key has
     * @throws Refusal {@link ProblemCode#BAD_CURSOR} for any other text
     */
    public static Cursor parse(String text, String list, int parts) {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(text);
            String joined =
                    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            List<String> split = List.of(joined.split(SEPARATOR, -1));
            if (split.size() == parts + 1 && split.getFirst().equals(list)) {
                return new Cursor(list, split.stream().skip(1).map(Cursor::unescaped).toList());
            }
        } catch (IllegalArgumentException | CharacterCodingException e) {
            throw refusal();
        }
        throw refusal();
    }

    /** Values are data: the separator may be among them. */
    private static String escaped(String part) {
        return part.replace("%", "%25").replace(SEPARATOR, "%1F");
    }

    private static String unescaped(String part) {
        return part.replace("%1F", SEPARATOR).replace("%25", "%");
    }

    /** The refusal of a cursor that is none of its list. */
    public static Refusal refusal() {
        return Refusal.of(
                ProblemCode.BAD_CURSOR,
                "pass the next_cursor of a page of this list unchanged, or none to begin anew");
    }
}
