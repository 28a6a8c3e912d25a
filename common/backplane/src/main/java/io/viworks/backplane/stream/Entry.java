package io.viworks.backplane.stream;

/**
 * One record as it was read from a stream.
 *
 * @param id the stream id, {@code ms-seq}
 */
public record Entry<R extends StreamRecord>(String id, R record) {}
