package io.viworks.bridge.ownership;

import io.viworks.backplane.Answers;
import io.viworks.backplane.directory.Directory;
import io.viworks.backplane.directory.DirectoryEntry;
import io.viworks.backplane.ownership.Hold;
import io.viworks.bridge.certificate.AgentCertificates;
import io.viworks.bridge.certificate.ClientCertificate;
import io.viworks.bridge.session.AgentSession;
import io.viworks.bridge.session.Claims;
import io.viworks.bridge.session.Sessions;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CloseCode;
import io.viworks.protocol.SessionId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Keeps what this bridge holds, and lets go of what it must not hold: owner keys renewed, sessions
 * of revoked agents and keys closed (spec 2.1, 3.3). Each method blocks and is for one thread.
 */
public final class Keeper {
    /** A look at the directory's version: a change must be seen within 2 s. */
    public static final Duration WATCH_EVERY = Duration.ofMillis(300);

    /** Agents whose entries are asked for at once. */
    private static final int PIECE = 500;

    /** However unchanged the version: a session may have come between a change and its claim. */
    private static final Duration FULL_LOOK_EVERY = Duration.ofSeconds(30);

    private final Sessions sessions;
    private final Claims claims;
    private final Directory directory;
    private final Optional<AgentCertificates> certificates;
    private final InstantSource clock;
    private long seenVersion = -1;
    private long seenGeneration;
    private long nextFullLookMs;

    /**
     * For one bridge.
     *
     * @param certificates judges those that sessions were opened by, in modes with certificates
     */
    public Keeper(
            Sessions sessions,
            Claims claims,
            Directory directory,
            Optional<AgentCertificates> certificates,
            InstantSource clock) {
        this.sessions = sessions;
        this.claims = claims;
        this.directory = directory;
        this.certificates = certificates;
        this.clock = clock;
    }

    /** Renews the owner keys of all live sessions and acts on what they say. */
    public void renew() {
        claims.tellUntold();
        Map<AgentId, AgentSession> asked =
                sessions.live().stream()
                        .collect(
                                Collectors.toMap(
                                        AgentSession::agentId,
                                        Function.identity(),
                                        (first, _) -> first,
                                        LinkedHashMap::new));
        Map<AgentId, SessionId> held = new LinkedHashMap<>();
        asked.forEach((agent, session) -> held.put(agent, session.sessionId()));
        if (held.isEmpty()) {
            return;
        }
        Answers.await(claims.renew(held))
                .forEach((agent, hold) -> {
                    AgentSession session = asked.get(agent);
                    if (session != null) {
                        act(session, hold);
                    }
                });
    }

    private static void act(AgentSession session, Hold hold) {
        switch (hold) {
            case HELD -> {}
            case MISSING -> session.ownerIsMissing();
            case OTHER -> session.requestClose(CloseCode.DISPLACED);
        }
    }

    /**
     * Closes sessions that may not be any more, when the directory or whom to trust has changed.
     */
    public void watch() {
        certificates.ifPresent(this::watch);
        OptionalLong version = Answers.await(directory.version());
        if (version.isEmpty()) {
            // Nobody knows: live sessions stay.
            return;
        }
        long now = clock.millis();
        if (version.getAsLong() == seenVersion && now < nextFullLookMs) {
            return;
        }
        // Also those not live yet: their claim may have been answered before the change.
        List<AgentSession> open = List.copyOf(sessions.open());
        for (int from = 0; from < open.size(); from += PIECE) {
            look(open.subList(from, Math.min(open.size(), from + PIECE)));
        }
        seenVersion = version.getAsLong();
        nextFullLookMs = now + FULL_LOOK_EVERY.toMillis();
    }

    private void watch(AgentCertificates judge) {
        long generation = judge.generation();
        if (generation == seenGeneration) {
            return;
        }
        for (AgentSession session : sessions.open()) {
            ClientCertificate shown = session.certificate();
            if (shown != null && !judge.stays(shown)) {
                session.requestClose(CloseCode.REVOKED);
            }
        }
        seenGeneration = generation;
    }

    private void look(List<AgentSession> piece) {
        Map<AgentId, DirectoryEntry> entries =
                Answers.await(
                        directory.entries(piece.stream().map(AgentSession::agentId).toList()));
        for (AgentSession session : piece) {
            DirectoryEntry entry = entries.get(session.agentId());
            if (entry != null) {
                session.checked(entry);
            }
        }
    }
}
