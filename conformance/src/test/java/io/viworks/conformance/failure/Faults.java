package io.viworks.conformance.failure;

import io.viworks.launcher.Child;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Ways to break a fleet, each of which also mends what it broke. */
final class Faults {
    private final Fleet fleet;
    private final Random random;

    Faults(Fleet fleet, long seed) {
        this.fleet = fleet;
        this.random = new Random(seed);
    }

    /** One fault, with what it takes from agents. */
    enum Kind {
        BRIDGE_KILLED(false),
        BRIDGE_STOPPED(false),
        WRITER_KILLED(false),
        REDIS_AWAY(false),
        REDIS_EMPTIED(false),
        POSTGRES_AWAY(false),
        POISON(false),
        HALF_OPEN(false),
        AGENT_KILLED(true),
        AGENT_REINSTALLED(true);

        private final boolean takesFromAgents;

        Kind(boolean takesFromAgents) {
            this.takesFromAgents = takesFromAgents;
        }

        /** Whether a run's outcome may be lost by it. */
        boolean takesFromAgents() {
            return takesFromAgents;
        }
    }

    private Child any(String kind) {
        List<Child> all = fleet.all(kind);
        return all.get(random.nextInt(all.size()));
    }

    /** Breaks, lets it be broken so long, mends; returns when what was broken is started again. */
    void make(Kind kind, Duration outage) throws InterruptedException {
        switch (kind) {
            case BRIDGE_KILLED -> killed(any("agent-bridge"), outage);
            case BRIDGE_STOPPED -> stopped(any("agent-bridge"), outage);
            case WRITER_KILLED -> {
                killed(any("results-writer"), outage);
                killed(any("telemetry-writer"), Duration.ZERO);
            }
            case REDIS_AWAY -> redisAway(outage);
            case REDIS_EMPTIED -> emptied();
            case POSTGRES_AWAY -> postgresAway(outage);
            case POISON -> poison();
            case HALF_OPEN -> {
                int _ = fleet.balancer().silence();
                Pauses.sleep(outage);
            }
            case AGENT_KILLED -> agentsKilled(outage);
            case AGENT_REINSTALLED -> {
                Child agent = any("agent");
                agent.kill();
                Pauses.sleep(Duration.ofSeconds(1));
                fleet.reinstall(agent);
                fleet.restart(agent);
            }
        }
    }

    private void killed(Child child, Duration outage) throws InterruptedException {
        child.kill();
        Pauses.sleep(outage);
        fleet.restart(child);
    }

    private void stopped(Child child, Duration outage) throws InterruptedException {
        fleet.signal(child, "STOP");
        try {
            Pauses.sleep(outage);
        } finally {
            fleet.signal(child, "CONT");
        }
    }

    private void redisAway(Duration outage) throws InterruptedException {
        fleet.stack().redis().stop();
        try {
            Pauses.sleep(outage);
        } finally {
            fleet.startAgain(fleet.stack().redis()::startAgain);
        }
    }

    private void emptied() {
        String answer = fleet.redis("FLUSHALL");
        if (!answer.equals("+OK")) {
            throw new IllegalStateException("FLUSHALL: " + answer);
        }
    }

    private void postgresAway(Duration outage) throws InterruptedException {
        fleet.stack().postgres().stop();
        try {
            Pauses.sleep(outage);
        } finally {
            fleet.startAgain(fleet.stack().postgres()::startAgain);
        }
    }

    /** Records nobody can read, in every stream that is read. */
    private void poison() {
        for (String stream :
                List.of(
                        "viw.commands",
                        "viw.command_results",
                        "viw.telemetry",
                        "viw.agent_hello")) {
            add(stream, "v 1 kind NONSENSE agent_id x");
            add(stream, "garbage garbage");
            add(
                    stream,
                    "v 1 kind RESULT agent_id demo-gateway-1 ts 2026-01-01T00:00:00Z"
                            + " frame \"{\\\"type\\\":\\\"RESULT\\\"}\"");
        }
    }

    private void add(String stream, String fields) {
        String answer = fleet.redis("XADD " + stream + " * " + fields);
        if (!answer.startsWith("$")) {
            throw new IllegalStateException("Redis did not take the poison: " + answer);
        }
    }

    private void agentsKilled(Duration outage) throws InterruptedException {
        List<Child> victims = new ArrayList<>();
        for (Child agent : fleet.all("agent")) {
            if (random.nextInt(3) == 0) {
                victims.add(agent);
            }
        }
        for (Child victim : victims) {
            victim.kill();
        }
        Pauses.sleep(outage);
        victims.forEach(fleet::restart);
    }
}
