package io.viworks.bridge.session;

import io.viworks.backplane.ownership.OpenedBy;
import io.viworks.backplane.stream.Origin;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamRecord.Auth;
import io.viworks.backplane.stream.TelemetryHead;
import io.viworks.bridge.certificate.ClientCertificate;
import io.viworks.bridge.handshake.Verdict;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.ConnectionId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.SessionId;
import io.viworks.protocol.frame.AgentFrame;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Who a session's records are from: what the handshake proved, what HELLO said, and the order of
 * what follows. Changed on the socket's own thread only; may be read by any.
 */
final class Identity {
    /** Longest text kept of why a session ended, in characters. */
    private static final int MAX_REASON = 200;

    private final BridgeId bridge;
    private final Verdict.Accepted accepted;
    private final SessionId sessionId;
    private final ConnectionId connId;
    private volatile @Nullable Attendance attendance;
    private volatile long epoch;

    /** Of the present epoch; made when the first TELEMETRY comes, for some send none. */
    private @Nullable TelemetryHead telemetryHead;

    private long n;

    Identity(BridgeId bridge, Verdict.Accepted accepted, SessionId sessionId, ConnectionId connId) {
        this.bridge = bridge;
        this.accepted = accepted;
        this.sessionId = sessionId;
        this.connId = connId;
    }

    /** What the agent said of itself, with the bytes it said it by. */
    private record Attendance(AgentFrame.Hello hello, Bytes frame, Instant at) {}

    /** HELLO has come. */
    void said(AgentFrame.Hello hello, Bytes frame, Instant at) {
        attendance = new Attendance(hello, frame, at);
    }

    /** A claim was won: its epoch is that of everything from now on. */
    void won(long epoch) {
        this.epoch = epoch;
        telemetryHead = null;
    }

    /** What all TELEMETRY records of the session have in common. */
    TelemetryHead telemetryHead() {
        TelemetryHead head = telemetryHead;
        if (head == null) {
            head = TelemetryHead.of(agentId(), origin(0));
            telemetryHead = head;
        }
        return head;
    }

    /** The count of the next thing the agent says. */
    long nextCount() {
        return ++n;
    }

    AgentId agentId() {
        return accepted.agentId();
    }

    SessionId sessionId() {
        return sessionId;
    }

    ConnectionId connId() {
        return connId;
    }

    String ip() {
        return accepted.ip();
    }

    /** What opened the session. */
    Verdict.Accepted accepted() {
        return accepted;
    }

    /** Whether what opened the session is the agent's alone: a key or a certificate. */
    boolean hasOwnCredential() {
        return switch (accepted.auth()) {
            case KEY, CERT -> true;
            case SHARED, NONE -> false;
        };
    }

    /** What must still count when the agent is claimed. */
    OpenedBy openedBy() {
        ClientCertificate shown = accepted.certificate();
        return new OpenedBy(
                accepted.auth() == Auth.KEY ? accepted.credential() : null,
                shown == null ? null : shown.fingerprint(),
                accepted.auth() == Auth.SHARED);
    }

    long epoch() {
        return epoch;
    }

    /** The journal of the agent, null when the session offers none. */
    @Nullable InstanceUid instance() {
        Attendance said = attendance;
        return said != null && said.hello().hasJournal() ? said.hello().instanceUid() : null;
    }

    /** Whether the agent offered this; nothing is asked of it otherwise. */
    boolean offers(String feature) {
        Attendance said = attendance;
        return said != null && said.hello().features().contains(feature);
    }

    /** As the agent says; empty before HELLO. */
    String version() {
        Attendance said = attendance;
        return said == null ? "" : said.hello().version();
    }

    /** The place of the next thing the agent says. */
    Origin next() {
        return origin(nextCount());
    }

    private Origin origin(long count) {
        return new Origin(bridge, connId, sessionId, instance(), epoch, count);
    }

    /** The record of the session's begin; its epoch is set by the claim. */
    StreamRecord.Hello hello() {
        Attendance said = attendance;
        if (said == null) {
            throw new IllegalStateException("before HELLO");
        }
        return new StreamRecord.Hello(
                agentId(),
                said.at(),
                origin(0),
                said.frame(),
                accepted.auth(),
                accepted.credential(),
                accepted.ip());
    }

    /** The record of the session's end. */
    StreamRecord.Gone gone(Instant at, int code, String reason) {
        return new StreamRecord.Gone(agentId(), at, next(), code, storable(reason));
    }

    /** The other side chose it: nothing in it may break a log line or a row. */
    static String storable(String reason) {
        String plain = reason.replaceAll("\\p{Cntrl}", "\uFFFD");
        return plain.length() <= MAX_REASON ? plain : plain.substring(0, MAX_REASON);
    }
}
