package io.viworks.bridge.session;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.SessionId;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The sessions of this bridge. At most one of an agent is live: of two that claimed it the one with
 * the greater epoch. Thread-safe.
 */
public final class Sessions {
    private final Map<AgentId, AgentSession> live = new ConcurrentHashMap<>();
    private final Map<AgentId, AgentSession> claiming = new ConcurrentHashMap<>();
    private final Set<AgentSession> open = ConcurrentHashMap.newKeySet();
    private volatile boolean leaving;

    /** The socket is open; while the bridge leaves, nobody who came meanwhile is forgotten. */
    void opened(AgentSession session) {
        open.add(session);
        if (leaving) {
            session.goAway();
        }
    }

    /**
     * From now on whoever opens a session is sent away at once.
     *
     * @return those whose socket is open, who are still to be sent away
     */
    public List<AgentSession> leave() {
        leaving = true;
        return List.copyOf(open);
    }

    void claiming(AgentSession session) {
        claiming.put(session.agentId(), session);
    }

    /** The session does not wait for its claim any more. */
    void claimed(AgentSession session) {
        claiming.remove(session.agentId(), session);
    }

    /**
     * Makes a session with its claim won the agent's live one.
     *
     * @return who must close: the older session, or this one when a newer is live; empty if nobody
     */
    Optional<AgentSession> join(AgentSession session) {
        AgentSession[] loser = new AgentSession[1];
        live.compute(
                session.agentId(),
                (_, other) -> {
                    boolean newer = other == null || other.epoch() < session.epoch();
                    loser[0] = newer ? other : session;
                    return newer ? session : other;
                });
        return Optional.ofNullable(loser[0]);
    }

    /** The session ends: a newer one of the same agent is not touched. */
    void left(AgentSession session) {
        live.remove(session.agentId(), session);
        claimed(session);
    }

    /** The socket is gone. */
    void gone(AgentSession session) {
        left(session);
        open.remove(session);
    }

    /** The live session of an agent. */
    public Optional<AgentSession> find(AgentId agent) {
        return Optional.ofNullable(live.get(agent));
    }

    /** A session of an agent that waits for its claim. */
    public Optional<AgentSession> findClaiming(AgentId agent) {
        return Optional.ofNullable(claiming.get(agent));
    }

    /** This very session, live or not. */
    public Optional<AgentSession> find(AgentId agent, SessionId session) {
        return find(agent)
                .filter(one -> one.sessionId().equals(session))
                .or(() ->
                        open.stream()
                                .filter(one -> one.sessionId().equals(session))
                                .filter(one -> one.agentId().equals(agent))
                                .findFirst());
    }

    /** All live sessions just now. */
    public Collection<AgentSession> live() {
        return List.copyOf(live.values());
    }

    /** All sessions whose socket is open, also those without HELLO. */
    public Collection<AgentSession> open() {
        return List.copyOf(open);
    }

    public int liveCount() {
        return live.size();
    }

    public int openCount() {
        return open.size();
    }
}
