package io.viworks.ledger;

import java.util.Arrays;

/** Numbers in a row, that only grows. For one thread at a time. */
final class ModelLongs {
    private long[] values = new long[1024];
    private int size;

    int size() {
        return size;
    }

    long get(int place) {
        return values[place];
    }

    void add(long value) {
        if (size == values.length) {
            values = Arrays.copyOf(values, size * 2);
        }
        values[size++] = value;
    }

    void addAll(ModelLongs other) {
        if (size + other.size > values.length) {
            values = Arrays.copyOf(values, Math.max(size * 2, size + other.size));
        }
        System.arraycopy(other.values, 0, values, size, other.size);
        size += other.size;
    }
}
