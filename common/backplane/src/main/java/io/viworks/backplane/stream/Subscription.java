package io.viworks.backplane.stream;

/**
 * What one consumer loop reads, and as whom.
 *
 * @param consumer the name within the group, unlike that of any other living consumer; further
 *     threads of the loop add a number to it
 * @param records the records this stream carries, for example {@code StreamRecord.OfResults.class}
 */
public record Subscription<R extends StreamRecord>(
        String stream, String group, String consumer, Class<R> records) {
    /** For one of the threads of a loop, from 1. */
    Subscription<R> lane(int number) {
        return number == 1
                ? this
                : new Subscription<>(stream, group, consumer + "-" + number, records);
    }
}
