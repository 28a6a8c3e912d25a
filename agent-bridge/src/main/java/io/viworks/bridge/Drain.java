package io.viworks.bridge;

import io.viworks.backplane.Answers;
import io.viworks.backplane.ownership.Presence;
import io.viworks.bridge.delivery.CommandTraffic;
import io.viworks.bridge.handshake.Admission;
import io.viworks.bridge.ingress.Ingress;
import io.viworks.bridge.session.AgentSession;
import io.viworks.bridge.session.Claims;
import io.viworks.bridge.session.Sessions;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.context.ApplicationContext;
import org.springframework.context.SmartLifecycle;

/**
 * The planned end (spec 07): no new agents, commands go to other bridges, BYE and 1001 to every
 * agent in a ramp, what is on its way to Redis arrives there, what this bridge held is given back.
 * Begins before the server and the connections stop.
 */
final class Drain implements SmartLifecycle {
    private static final Logger log = LoggerFactory.getLogger(Drain.class);

    /** The ramp's length however many agents there are: they come back to others as they leave. */
    private static final Duration LONGEST_RAMP = Duration.ofSeconds(8);

    private static final Duration SHORTEST_STEP = Duration.ofMillis(2);
    private static final Duration LONGEST_STEP = Duration.ofMillis(50);

    /** How long sockets and records get to finish. */
    private static final Duration FINISH = Duration.ofSeconds(4);

    private final ApplicationContext context;
    private final Admission admission;
    private final Sessions sessions;
    private final CommandTraffic traffic;
    private final Ingress ingress;
    private final Claims claims;
    private final Presence presence;
    private final KeptUp keptUp;
    private final Runnable leavingLoops;
    private volatile boolean running;

    /**
     * Has ended nothing yet.
     *
     * @param leavingLoops ends the connections to Redis that live on the server's event loops
     */
    Drain(
            ApplicationContext context,
            Admission admission,
            Sessions sessions,
            CommandTraffic traffic,
            Ingress ingress,
            Claims claims,
            Presence presence,
            KeptUp keptUp,
            Runnable leavingLoops) {
        this.context = context;
        this.admission = admission;
        this.sessions = sessions;
        this.traffic = traffic;
        this.ingress = ingress;
        this.claims = claims;
        this.presence = presence;
        this.keptUp = keptUp;
        this.leavingLoops = leavingLoops;
    }

    @Override
    public void start() {
        keptUp.start();
        traffic.start();
        admission.open();
        running = true;
    }

    @Override
    public void stop() {
        long began = System.nanoTime();
        int agents = sessions.openCount();
        log.atInfo().addKeyValue("event", "drain").log("Leaving; {} agents are here", agents);
        AvailabilityChangeEvent.publish(context, ReadinessState.REFUSING_TRAFFIC);
        admission.drain();
        Thread door = Thread.startVirtualThread(traffic::stopPublicDoor);
        ramp();
        boolean _ = waitUntil(() -> sessions.openCount() == 0);
        boolean told =
                waitUntil(() -> ingress.underway() == 0 && claims.unfinished() == 0)
                        && waitUntil(() -> !door.isAlive());
        ingress.close();
        keptUp.close();
        traffic.stopOwnStream();
        leavingLoops.run();
        if (told) {
            leave();
        }
        running = false;
        log.atInfo()
                .addKeyValue("event", "drained")
                .addKeyValue("duration_ms", Duration.ofNanos(System.nanoTime() - began).toMillis())
                .log(
                        told
                                ? "Every agent and record is settled"
                                : "Redis could not be told all"
                                        + " in time; owner keys expire by themselves");
    }

    private void ramp() {
        List<AgentSession> all = sessions.leave();
        if (all.isEmpty()) {
            return;
        }
        Duration step = LONGEST_RAMP.dividedBy(all.size());
        step = step.compareTo(LONGEST_STEP) > 0 ? LONGEST_STEP : step;
        int group = 1;
        if (step.compareTo(SHORTEST_STEP) < 0) {
            group = (int) Math.ceilDiv(SHORTEST_STEP.toNanos(), Math.max(1, step.toNanos()));
            step = SHORTEST_STEP;
        }
        for (int i = 0; i < all.size(); i++) {
            all.get(i).goAway();
            if (i % group == group - 1 && !pause(step)) {
                return;
            }
        }
    }

    /** What cannot be told now the others find a minute after this bridge's key has expired. */
    private void leave() {
        try {
            Answers.await(presence.leave());
            int settled = traffic.settleOwnStream();
            log.atInfo()
                    .addKeyValue("event", "own_stream_settled")
                    .log("Gave {} records back", settled);
        } catch (RuntimeException away) {
            log.atWarn()
                    .addKeyValue("event", "leave_untold")
                    .addKeyValue("error", String.valueOf(away.getMessage()))
                    .log("What is left in this bridge's stream is for the others to settle");
        }
    }

    private static boolean waitUntil(BooleanSupplier done) {
        long deadline = System.nanoTime() + FINISH.toNanos();
        while (!done.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0 || !pause(Duration.ofMillis(20))) {
                return false;
            }
        }
        return true;
    }

    private static boolean pause(Duration pause) {
        try {
            Thread.sleep(pause);
            return true;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
