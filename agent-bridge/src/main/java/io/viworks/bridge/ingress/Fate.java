package io.viworks.bridge.ingress;

/** What became of a record on its way to Redis. */
public enum Fate {
    /** Redis has it. */
    WRITTEN,
    /** Redis is away just now: another try may write it, and a repeat changes nothing. */
    AWAY,
    /** Not now, however often it is tried: Redis needs relief, or the record is at fault. */
    REFUSED
}
