package io.viworks.backplane.stream;

/**
 * What one consumer loop reads, and as whom.
 *
 * @param consumer the name within the group, unlike that of any other living consumer
 * @param records the records this stream carries, for example {@code StreamRecord.OfResults.class}
 */
public record Subscription<R extends StreamRecord>(
        String stream, String group, String consumer, Class<R> records) {}
