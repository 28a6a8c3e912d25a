package io.viworks.agent.identity;

import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The keys an agent has.
 *
 * @param current has been enrolled and, unless it is the first, has connected
 * @param next is being enrolled, or is enrolled and has not connected yet
 */
record Keys(@Nullable OwnKey current, @Nullable OwnKey next) {
    static final Keys NONE = new Keys(null, null);

    /** Those there are, the current one first. */
    Stream<OwnKey> all() {
        return Stream.of(Optional.ofNullable(current), Optional.ofNullable(next))
                .flatMap(Optional::stream);
    }

    Keys withNext(@Nullable OwnKey key) {
        return new Keys(current, key);
    }

    /** The next key takes the place of the current one, which is no longer kept. */
    Keys promoted() {
        return new Keys(next, null);
    }
}
