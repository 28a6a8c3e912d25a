package io.viworks.admin.paging;

/**
 * How many rows a list has in all pages together.
 *
 * @param exact whether there are no more than that: counting ends at {@value #MAX}
 */
public record Total(long count, boolean exact) {
    /** Rows that are counted at most: beyond them an exact number costs more than it tells. */
    public static final long MAX = 100_000;

    /** Of what was counted with a limit of {@link #MAX} and one. */
    static Total of(long counted) {
        return new Total(Math.min(counted, MAX), counted <= MAX);
    }
}
