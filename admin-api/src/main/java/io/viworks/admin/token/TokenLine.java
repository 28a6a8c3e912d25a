package io.viworks.admin.token;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One line of the tokens file: {@code name role sha256hex [expires-rfc3339]}. Empty lines and lines
 * that begin with {@code #} say nothing.
 */
public record TokenLine(String name, Role role, String sha256, @Nullable Instant expiresAt) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._@-]{0,63}");
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    /** Refuses names and hashes of another form. */
    public TokenLine {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("the first word, a name, must match " + NAME);
        }
        if (!SHA256.matcher(sha256).matches()) {
            throw new IllegalArgumentException(
                    "the third word must be the token's SHA-256 in 64 lower-case hex digits");
        }
    }

    /**
     * Reads the file.
     *
     * @param mistakes is told each mistake, with its line
     */
    public static List<TokenLine> read(Path file, Consumer<String> mistakes) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException e) {
            mistakes.accept("VIW_API_TOKENS_FILE cannot be read: " + file);
            return List.of();
        }
        List<TokenLine> tokens = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            try {
                TokenLine token = parse(line);
                if (!names.add(token.name())) {
                    throw new IllegalArgumentException("the name occurs twice");
                }
                tokens.add(token);
            } catch (IllegalArgumentException e) {
                mistakes.accept(
                        "VIW_API_TOKENS_FILE " + file + ":" + (i + 1) + ": " + e.getMessage());
            }
        }
        return List.copyOf(tokens);
    }

    private static TokenLine parse(String line) {
        List<String> words = List.of(line.split("\\s+", -1));
        if (words.size() < 3 || words.size() > 4) {
            throw new IllegalArgumentException("must be: name role sha256hex [expires-rfc3339]");
        }
        return new TokenLine(
                words.get(0),
                role(words.get(1)),
                words.get(2),
                words.size() == 4 ? instant(words.get(3)) : null);
    }

    /** What stands in a wrong place may be a token: no word of the file is repeated. */
    private static Role role(String word) {
        try {
            return Role.of(word);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "the second word must be the role viewer, operator or admin", e);
        }
    }

    private static Instant instant(String word) {
        try {
            return Instant.parse(word);
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(
                    "the fourth word must be when the token expires, such as 2027-01-31T00:00:00Z",
                    e);
        }
    }
}
