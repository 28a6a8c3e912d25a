package io.viworks.protocol.frame;

/**
 * Hears of every value a codec leaves out because it cannot be stored: numbers outside their
 * column's range, instants more than a day from arrival, offered features that miss what they
 * require. Called on the decoding thread; meant for a counter.
 */
@FunctionalInterface
public interface Drops {
    /** Counts nothing. */
    Drops IGNORED = (type, field) -> {};

    /**
     * Says that one value was left out.
     *
     * @param type the frame's type, one of {@link AgentFrame#TYPES}
     * @param field the field's name in the protocol, or {@code *} for one the protocol does not
     *     name: a bounded set, fit for a metric's tag
     */
    void dropped(String type, String field);
}
