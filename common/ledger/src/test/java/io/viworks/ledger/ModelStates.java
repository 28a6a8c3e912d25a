package io.viworks.ledger;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;

/**
 * A set of states, each a number other than 0, that several threads may add to; whole numbers, not
 * hashes of them, so none is taken for another. Grows only between two rounds of adding.
 */
final class ModelStates {
    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);

    private final boolean withParents;
    private final LongAdder size = new LongAdder();
    private long[] slots;
    private long[] parents;

    ModelStates(boolean withParents) {
        this.withParents = withParents;
        this.slots = new long[1 << 16];
        this.parents = new long[withParents ? slots.length : 0];
    }

    long size() {
        return size.sum();
    }

    /** Makes room for as many more. */
    void makeRoom(long more) {
        long wanted = (size() + more) * 5 / 4;
        if (wanted <= slots.length) {
            return;
        }
        long[] old = slots;
        long[] oldParents = parents;
        slots = new long[Math.toIntExact(Long.highestOneBit(wanted) << 1)];
        parents = new long[withParents ? slots.length : 0];
        for (int i = 0; i < old.length; i++) {
            if (old[i] != 0) {
                int slot = slot(old[i]);
                slots[slot] = old[i];
                if (withParents) {
                    parents[slot] = oldParents[i];
                }
            }
        }
    }

    /** Whether it is new. */
    boolean add(long state, long parent) {
        int slot = start(state);
        while (true) {
            long present = (long) SLOT.getVolatile(slots, slot);
            if (present == 0) {
                present = (long) SLOT.compareAndExchange(slots, slot, 0L, state);
                if (present == 0) {
                    if (withParents) {
                        parents[slot] = parent;
                    }
                    size.increment();
                    return true;
                }
            }
            if (present == state) {
                return false;
            }
            slot = (slot + 1) & (slots.length - 1);
        }
    }

    /** The state it was first found from, 0 for the first of all. */
    long parent(long state) {
        return parents[slot(state)];
    }

    void each(LongConsumer then) {
        for (long state : slots) {
            if (state != 0) {
                then.accept(state);
            }
        }
    }

    private int slot(long state) {
        int slot = start(state);
        while (slots[slot] != 0 && slots[slot] != state) {
            slot = (slot + 1) & (slots.length - 1);
        }
        return slot;
    }

    private int start(long state) {
        long mixed = state * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 32)) * 0xD6E8FEB86659FD93L;
        return (int) (mixed >>> 32) & (slots.length - 1);
    }
}
