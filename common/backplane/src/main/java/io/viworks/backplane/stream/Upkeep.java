package io.viworks.backplane.stream;

import io.viworks.backplane.WorldAway;
import io.viworks.backplane.stream.Closing.LoopStopped;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What goes on beside the reading: keeps the batch in hand, measures the group, removes consumers
 * that are gone. It has a thread of its own, because the loop's may be in its handler for long.
 */
final class Upkeep implements Runnable {
    private static final Logger log = LoggerFactory.getLogger(Upkeep.class);

    private final List<? extends Lane<?>> lanes;
    private final LoopOptions options;
    private final LoopMeters meters;
    private final Closing closing;

    Upkeep(List<? extends Lane<?>> lanes, LoopOptions options, LoopMeters meters, Closing closing) {
        this.lanes = lanes;
        this.options = options;
        this.meters = meters;
        this.closing = closing;
    }

    /** Until the loop has ended, also while it finishes what is in hand. */
    @Override
    public void run() {
        long keepAt = System.nanoTime() + options.keepEvery().toNanos();
        long surveyAt = System.nanoTime();
        while (!Thread.currentThread().isInterrupted()) {
            long now = System.nanoTime();
            if (now - keepAt >= 0) {
                lanes.forEach(lane -> quietly(() -> keep(lane)));
                keepAt = now + options.keepEvery().toNanos();
            }
            if (now - surveyAt >= 0 && !closing.asked()) {
                quietly(this::survey);
                surveyAt = now + options.surveyEvery().toNanos();
            }
            if (!slept(Math.min(keepAt, surveyAt) - System.nanoTime())) {
                return;
            }
        }
    }

    private static void keep(Lane<?> lane) {
        List<String> ids = lane.inHand().ids();
        long moved = 0;
        for (int from = 0; from < ids.size(); from += LoopOptions.MAX_BATCH) {
            moved +=
                    lane.group()
                            .keep(
                                    ids.subList(
                                            from,
                                            Math.min(ids.size(), from + LoopOptions.MAX_BATCH)));
        }
        if (moved > 0) {
            log.atWarn()
                    .addKeyValue("event", "entries_moved")
                    .log("{} of {} entries in hand were taken over", moved, ids.size());
        }
    }

    private void survey() {
        Group group = lanes.getFirst().group();
        meters.surveyed(group.survey());
        long removed = group.removeDeparted(options.departed());
        if (removed > 0) {
            log.atInfo().addKeyValue("event", "consumers_removed").log("Removed {}", removed);
        }
    }

    private static void quietly(Runnable action) {
        try {
            action.run();
        } catch (WorldAway | LoopStopped _) {
            // The loop itself says so; the next round tries again.
        } catch (RuntimeException fault) {
            log.atError()
                    .addKeyValue("event", "upkeep_failed")
                    .addKeyValue("error", DeadLetter.error(fault))
                    .log("Upkeep failed; trying again");
        }
    }

    private static boolean slept(long nanos) {
        try {
            Thread.sleep(Duration.ofNanos(Math.max(1_000_000, nanos)));
            return true;
        } catch (InterruptedException _) {
            return false;
        }
    }
}
