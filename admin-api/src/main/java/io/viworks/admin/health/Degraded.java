package io.viworks.admin.health;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

/**
 * Works, but not in full: something it needs is away. The process is still the one to ask, as no
 * other replica would do better, so the answer has the HTTP status 200.
 */
final class Degraded {
    static final Status STATUS = new Status("DEGRADED");

    private Degraded() {}

    /** A degraded health with what is missing. */
    static Health because(String away, String effect) {
        return Health.status(STATUS).withDetail("away", away).withDetail("effect", effect).build();
    }
}
