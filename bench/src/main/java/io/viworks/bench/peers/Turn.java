package io.viworks.bench.peers;

import io.viworks.bench.load.Load;

/**
 * What one turn of a candidate gave.
 *
 * @param received by the persistent subscriber, of a peer that has one
 * @param lost messages sent and not confirmed
 */
record Turn(Stretch full, Stretch steady, long received, long lost) {
    /** Between the end of sending and the last look at what is confirmed. */
    private static final int CALM_MS = 1_000;

    /**
     * A stretch at one pace.
     *
     * @param perSecond messages confirmed
     * @param micros processor time of the candidate for each
     * @param loadMicros of those who send
     * @param p50 microseconds until its confirmation; 0 when there is none
     */
    record Stretch(double perSecond, double micros, double loadMicros, double p50, double p99) {}

    static Turn of(Candidate who, int window, int rate, int seconds) throws Exception {
        Load load = who.load();
        Sum sum = new Sum();
        load.full(window);
        Stretch full = stretch(who, seconds, sum);
        load.rate(0);
        settle(load, sum);
        who.tidy().run();
        load.rate(rate);
        Stretch steady = stretch(who, seconds, sum);
        load.rate(0);
        settle(load, sum);
        who.tidy().run();
        return new Turn(full, steady, sum.received, sum.sent - sum.confirmed);
    }

    /** What all reports of a turn come to. */
    private static final class Sum {
        private long sent;
        private long confirmed;
        private long received;

        Load.Report add(Load.Report report) {
            sent += report.get("sent");
            confirmed += report.get("confirmed");
            received += report.numbers().getOrDefault("received", 0L);
            return report;
        }
    }

    private static Stretch stretch(Candidate who, int seconds, Sum sum) throws Exception {
        Thread.sleep(CALM_MS);
        Load.Report before = sum.add(who.load().report());
        long begun = System.nanoTime();
        long cpu = who.cpu().now().toNanos();
        Thread.sleep(seconds * 1_000L);
        Load.Report after = sum.add(who.load().report());
        double took = System.nanoTime() - begun;
        double messages = Math.max(1, after.get("confirmed"));
        return new Stretch(
                messages * 1e9 / took,
                (who.cpu().now().toNanos() - cpu) / messages / 1e3,
                (after.get("cpu_nanos") - before.get("cpu_nanos")) / messages / 1e3,
                who.confirms() ? after.get("confirmation_p50") : 0,
                who.confirms() ? after.get("confirmation_p99") : 0);
    }

    /** Waits until nothing more is confirmed or received. */
    private static void settle(Load load, Sum sum) throws Exception {
        Load.Report latest;
        do {
            Thread.sleep(CALM_MS);
            latest = sum.add(load.report());
        } while (latest.get("confirmed") > 0 || latest.numbers().getOrDefault("received", 0L) > 0);
    }
}
