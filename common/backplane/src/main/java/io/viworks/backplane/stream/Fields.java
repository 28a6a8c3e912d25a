package io.viworks.backplane.stream;

/** The names of a record's fields (spec 3.1), spelled once. */
final class Fields {
    static final String VERSION = "v";
    static final String KIND = "kind";
    static final String AGENT_ID = "agent_id";
    static final String TS = "ts";
    static final String FRAME = "frame";

    static final String BRIDGE_ID = "bridge_id";
    static final String CONN_ID = "conn_id";
    static final String SESSION_ID = "session_id";
    static final String INSTANCE_UID = "instance_uid";
    static final String EPOCH = "epoch";
    static final String N = "n";

    static final String AUTH = "auth";
    static final String CREDENTIAL = "credential";
    static final String IP = "ip";
    static final String CLOSE_CODE = "close_code";
    static final String REASON = "reason";
    static final String CODE = "code";
    static final String SKEW_MS = "skew_ms";
    static final String BRIDGE_VERSION = "version";
    static final String ADDRESS = "address";

    static final String CORRELATION_ID = "correlation_id";
    static final String CORRELATION_IDS = "correlation_ids";
    static final String ATTEMPT = "attempt";
    static final String LIFE = "life";
    static final String ENVELOPE = "envelope";
    static final String SEALED = "sealed";
    static final String JWS = "jws";
    static final String TRACEPARENT = "traceparent";
    static final String EXPIRES_AT = "expires_at";
    static final String MODE = "mode";

    static final String COMMAND = "command";
    static final String PARAMS = "params";
    static final String TTL_S = "ttl_s";

    static final String WHAT = "what";
    static final String COUNT = "count";
    static final String FACT = "fact.";
    static final String BATCH_ID = "batch_id";
    static final String VERB = "verb";
    static final String STATE = "state";
    static final String ENDED_BY = "ended_by";
    static final String ERROR_CODE = "error_code";

    private Fields() {}
}
