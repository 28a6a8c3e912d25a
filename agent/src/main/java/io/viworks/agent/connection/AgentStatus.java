package io.viworks.agent.connection;

import io.viworks.agent.connection.Contact.State;
import io.viworks.agent.identity.Identity;
import io.viworks.agent.identity.KeyState;
import io.viworks.agent.journal.Journal;
import io.viworks.agent.journal.JournalUsage;
import io.viworks.protocol.Rfc3339;
import io.viworks.protocol.frame.BridgeFrame.Welcome;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an agent thinks of its connection, its keys, its telemetry and its journal, as {@code agent
 * status} shows it: nothing secret. Used on the loop only.
 */
final class AgentStatus {
    private final Time time;
    private final ObjectNode document = JsonNodeFactory.instance.objectNode();

    private AgentStatus(Time time) {
        this.time = time;
    }

    /** The parts of an agent that are asked. */
    record Sources(
            Time time,
            URI backend,
            Uplink uplink,
            ServerClock clock,
            HttpDialler dialler,
            @Nullable Identity identity,
            TelemetryFeed feed,
            Journal journal,
            Outbox outbox) {}

    static ObjectNode of(Sources sources) {
        AgentStatus status = new AgentStatus(sources.time());
        Contact.View contact = sources.uplink().contact();
        status.connection(contact, sources.backend(), sources.clock().skew());
        status.identity(sources.dialler().credential(), sources.identity());
        status.telemetry(sources.feed().view());
        try {
            status.journal(sources.journal().usage(), sources.outbox().out());
        } catch (IOException e) {
            status.document.putObject("journal").put("problem", String.valueOf(e.getMessage()));
        }
        return status.document;
    }

    private void connection(Contact.View contact, URI backend, Duration skew) {
        ObjectNode into = document.putObject("connection");
        into.put("state", contact.state().name().toLowerCase(Locale.ROOT));
        into.put("backend_url", backend.toString());
        into.put("since", ago(contact.lasting()));
        into.put("for_s", contact.lasting().toSeconds());
        Welcome welcome = contact.welcome();
        if (contact.state() == State.CONNECTED && welcome != null) {
            into.put("conn_id", welcome.connId().toString());
            into.put("session_id", welcome.sessionId().toString());
            into.put("heartbeat_s", welcome.heartbeatS());
            into.put("clock_skew_ms", skew.toMillis());
        }
        into.put("problem", contact.problem());
        Duration next = contact.nextAttempt();
        into.put("next_attempt_at", next == null ? null : Rfc3339.format(time.now().plus(next)));
        into.put("next_attempt_in_s", next == null ? null : next.toSeconds());
        into.put("attempts", contact.attempts());
        into.put("sessions", contact.sessions());
    }

    private void identity(Credential used, @Nullable Identity identity) {
        ObjectNode into = document.putObject("identity");
        into.put("proved_by", used.kind());
        into.put("key_id", used.keyId());
        into.put("certificate_expires_at", text(used.certificateUntil()));
        List<KeyState> keys = identity == null ? List.of() : identity.keys();
        for (KeyState key : keys) {
            ObjectNode one = into.withArray("keys").addObject();
            one.put("key_id", key.keyId());
            one.put("enrolled", key.enrolled());
            one.put("expires_at", text(key.expiresAt()));
            one.put("renewal_at", text(key.renewalAt()));
            one.put("certificate_expires_at", text(key.certificateExpiresAt()));
        }
    }

    private void telemetry(TelemetryFeed.View feed) {
        ObjectNode into = document.putObject("telemetry");
        Duration age = feed.age();
        into.put("interval_s", feed.interval().toSeconds());
        into.put("last_sent_at", age == null ? null : ago(age));
        into.put("age_s", age == null ? null : age.toSeconds());
        into.put("last_bytes", feed.lastBytes());
        into.put("sent", feed.sent());
        into.put("dropped", feed.dropped());
    }

    private void journal(JournalUsage usage, long out) {
        ObjectNode into = document.putObject("journal");
        into.put("accepted", usage.accepted());
        into.put("started", usage.started());
        into.put("finished", usage.finished() + usage.unconfirmed());
        into.put("refused", usage.refused());
        into.put("entries", usage.entries());
        into.put("max_entries", usage.bounds().maxEntries());
        into.put("bytes", usage.liveBytes());
        into.put("max_bytes", usage.bounds().maxBytes());
        into.put("file_bytes", usage.fileBytes());
        ObjectNode outbox = document.putObject("outbox");
        outbox.put("waiting", usage.unconfirmed());
        outbox.put("max_waiting", usage.bounds().maxResults());
        outbox.put("bytes", usage.unconfirmedBytes());
        outbox.put("max_bytes", usage.bounds().maxBytes());
        outbox.put("sent_unconfirmed", out);
    }

    private String ago(Duration past) {
        return Rfc3339.format(time.now().minus(past));
    }

    private static @Nullable String text(@Nullable Instant at) {
        return at == null ? null : Rfc3339.format(at);
    }
}
