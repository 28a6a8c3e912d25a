package io.viworks.protocol.frame;

import io.viworks.protocol.InstanceUid;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The features an agent may offer in its HELLO. Nothing is asked of it that it did not offer. */
public final class Features {
    public static final String ACK = "ack";

    /** Requires {@link #ACK}, {@link #JOB_STATUS} and an {@code instance_uid}. */
    public static final String JOURNAL = "journal";

    public static final String JOB_STATUS = "job_status";

    /** Requires {@link #JOURNAL}. */
    public static final String CANCEL = "cancel";

    public static final String PROGRESS = "progress";
    public static final String JWS = "jws";

    /**
     * What may be relied on of an offer (spec 2.2): {@code journal} counts only with {@code ack},
     * {@code job_status} and an instance, {@code cancel} only with {@code journal}.
     *
     * <p>An offer without what it requires is taken as not made instead of being refused: the
     * gateway stays visible, and an agent without {@code journal} is never sent a command again
     * once a copy may have reached it, so every promise holds.
     */
    public static Set<String> effective(Set<String> offered, @Nullable InstanceUid instance) {
        Set<String> kept = new HashSet<>(offered);
        if (!kept.contains(ACK) || !kept.contains(JOB_STATUS) || instance == null) {
            kept.remove(JOURNAL);
        }
        if (!kept.contains(JOURNAL)) {
            kept.remove(CANCEL);
        }
        return Set.copyOf(kept);
    }

    private Features() {}
}
