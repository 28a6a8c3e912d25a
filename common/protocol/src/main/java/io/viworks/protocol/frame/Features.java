package io.viworks.protocol.frame;

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

    private Features() {}
}
