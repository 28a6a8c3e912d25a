package io.viworks.agent.connection;

import io.viworks.agent.identity.Identity;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Has the agent's key renewed at two thirds of its life, and connects with the new one soon after
 * (spec 2.1, Rotation). Used on the loop only.
 */
final class Renewal {
    private final Identity identity;
    private final Uplink uplink;
    private final Backoff backoff;
    private final Loop loop;
    private final Time time;
    private final Duration projection;
    private @Nullable Long notBefore;
    private @Nullable Long known;
    private boolean shown;

    /**
     * Renews nothing before {@link #look}.
     *
     * @param projection how long bridges may need to hear of a new key
     */
    Renewal(
            Identity identity,
            Uplink uplink,
            Backoff backoff,
            Loop loop,
            Time time,
            Duration projection) {
        this.identity = identity;
        this.uplink = uplink;
        this.backoff = backoff;
        this.loop = loop;
        this.time = time;
        this.projection = projection;
    }

    /** Asks for what there is to ask for. Called each second. */
    void look() {
        move();
        if (notBefore != null && time.nanos() - notBefore < 0) {
            return;
        }
        // Without a session the next attempt enrols by itself, but a key's life runs on.
        if (!identity.wantsToAsk() || (identity.mustEnrol() && !uplink.live())) {
            return;
        }
        identity.ask().whenComplete((fresh, error) -> loop.post(() -> answered(fresh, error)));
    }

    private void answered(@Nullable Boolean fresh, @Nullable Throwable error) {
        if (error != null) {
            Duration pause = backoff.after(HttpDialler.notEnrolled(error), null);
            notBefore = time.nanos() + pause.toNanos();
        } else if (fresh != null && fresh) {
            notBefore = null;
            known = time.nanos() + projection.toNanos();
            shown = false;
            loop.after(projection, this::move);
        }
    }

    /**
     * Once bridges know the new key, leaves the session of the older; or ends, once, the pause that
     * a refusal of the older brought.
     */
    private void move() {
        if (known == null || time.nanos() - known < 0) {
            return;
        }
        if (!uplink.live()) {
            shown = shown || (identity.waitsToConnect() && uplink.showNewer());
            return;
        }
        known = null;
        if (identity.waitsToConnect()) {
            uplink.comeAgain("a newer key");
        }
    }
}
