package io.viworks.agent.simulate;

import io.viworks.agent.connection.Fleet;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** Counts what the agents see. Thread-safe. */
final class Tally implements Fleet.Witness {
    final AtomicInteger connected = new AtomicInteger();
    final LongAdder dials = new LongAdder();
    final LongAdder sessions = new LongAdder();
    final LongAdder losses = new LongAdder();
    final LongAdder telemetry = new LongAdder();
    final LongAdder commands = new LongAdder();
    final LongAdder repeats = new LongAdder();
    final LongAdder results = new LongAdder();
    final LongAdder confirmed = new LongAdder();
    private final Map<String, LongAdder> refusals = new ConcurrentHashMap<>();

    @Override
    public void dialled() {
        dials.increment();
    }

    @Override
    public void refused(String because) {
        refusals.computeIfAbsent(because, _ -> new LongAdder()).increment();
    }

    /** Refused attempts by code. */
    Map<String, Long> refusals() {
        Map<String, Long> sums = new TreeMap<>();
        refusals.forEach((code, count) -> sums.put(code, count.sum()));
        return sums;
    }
}
