package io.viworks.admin.token;

import java.util.List;

/** The tokens that the tokens file holds; none without a file. */
public record TokensToStore(List<TokenLine> lines) {
    /** Copies the list. */
    public TokensToStore {
        lines = List.copyOf(lines);
    }
}
