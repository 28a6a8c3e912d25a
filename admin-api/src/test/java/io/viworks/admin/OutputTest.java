package io.viworks.admin;

import static io.viworks.admin.Commands.API;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.viworks.backplane.Answers;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.stream.CommandEvent;
import io.viworks.backplane.stream.EventAppender;
import io.viworks.backplane.stream.Origin;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamWriter;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.ConnectionId;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.SessionId;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** A command as somebody sees it who follows it. */
final class OutputTest {
    private static final RedisConnections REDIS = RedisConnections.open(API.redis().url(), "test");
    private static final StreamWriter STREAM = new StreamWriter(REDIS, new SimpleMeterRegistry());
    private static final EventAppender EVENTS =
            new EventAppender(REDIS, Clock.systemUTC(), new SimpleMeterRegistry());

    @AfterAll
    static void close() {
        EVENTS.close();
        REDIS.close();
    }

    private static String accepted(String agent) {
        Commands.gateway(agent);
        ApiServer.Answer answer = Commands.post(agent, Commands.ECHO);
        assertThat(answer.status()).as(answer.body()).isEqualTo(202);
        return answer.json().path("correlation_id").asString("");
    }

    private static SseReader follow(String agent, String id, @Nullable String lastId) {
        return new SseReader(
                API.port(), Commands.path(agent) + "/" + id + "/output", ApiServer.VIEWER, lastId);
    }

    private static void says(String agent, String id, long seq, String stream, String chunk) {
        String frame =
                """
                {"type":"PROGRESS","agent_id":"%s","correlation_id":"%s","seq":%d,\
                "stream":"%s","chunk":"%s"}\
                """
                        .formatted(agent, id, seq, stream, chunk.replace("\n", "\\n"));
        String _ =
                Answers.await(
                        STREAM.append(
                                Keys.COMMAND_OUTPUT,
                                new StreamRecord.Progress(
                                        AgentId.of(agent),
                                        Instant.now(),
                                        new Origin(
                                                new BridgeId(UUID.randomUUID()),
                                                new ConnectionId(UUID.randomUUID()),
                                                new SessionId(UUID.randomUUID()),
                                                null,
                                                1,
                                                seq),
                                        Bytes.utf8(frame))));
    }

    /** What results-writer does. */
    private static void moves(String agent, String id, String state, @Nullable String endedBy) {
        boolean end = endedBy != null;
        API.sql(
                """
                update agent_commands set state = '%s', attempt = 1, released = 0,
                  ended_by = %s, finished_at = %s
                where correlation_id = '%s'
                """
                        .formatted(
                                state,
                                end ? "'" + endedBy + "'" : "null",
                                end ? "now()" : "null",
                                id));
        EVENTS.tell(
                List.of(
                        new CommandEvent(
                                AgentId.of(agent),
                                Instant.now(),
                                CorrelationId.of(id),
                                null,
                                "echo",
                                state,
                                endedBy,
                                null,
                                1)));
    }

    private static String text(SseReader reader, String stream) {
        return reader.events("output").stream()
                .filter(event -> event.text("stream").equals(stream))
                .map(event -> event.text("text"))
                .collect(Collectors.joining());
    }

    private static List<String> states(SseReader reader) {
        return reader.events("state").stream().map(event -> event.text("state")).toList();
    }

    @Test
    void oneUrlShowsStatesOutputAndEnd() {
        String id = accepted("out-1");
        try (SseReader reader = follow("out-1", id, null)) {
            await().until(() -> states(reader).equals(List.of("QUEUED")));
            moves("out-1", id, "DISPATCHED", null);
            moves("out-1", id, "ACKED", null);
            says("out-1", id, 1, "stdout", "first\npass");
            says("out-1", UUID.randomUUID().toString(), 1, "stdout", "of another\n");
            says("out-1", id, 2, "stderr", "oops\n");
            await().until(() -> text(reader, "stderr").equals("oops\n"));
            assertThat(text(reader, "stdout")).isEqualTo("first\n");
            says("out-1", id, 3, "stdout", "word=hunter2\nlast");
            moves("out-1", id, "SUCCEEDED", "result");
            await().until(reader::ended);
            assertThat(states(reader))
                    .containsExactly("QUEUED", "DISPATCHED", "ACKED", "SUCCEEDED");
            assertThat(text(reader, "stdout")).isEqualTo("first\npassword=[redacted]\nlast");
            SseReader.Event end = reader.events().getLast();
            assertThat(end.name()).isEqualTo("end");
            assertThat(end.text("correlation_id")).isEqualTo(id);
            assertThat(end.text("state")).isEqualTo("SUCCEEDED");
            assertThat(end.json().path("results").isArray()).isTrue();
            assertThat(reader.lastId()).isEqualTo("end");
        }
        ApiServer.Answer again =
                API.send(
                        API.request(Commands.path("out-1") + "/" + id + "/output", ApiServer.VIEWER)
                                .header("Last-Event-ID", "end"));
        assertThat(again.status()).isEqualTo(204);
    }

    @Test
    void whatHadEndedIsShownAgainAsFarAsItIsKept() {
        String id = accepted("out-2");
        for (int seq = 1; seq <= 300; seq++) {
            says("out-2", id, seq, "stdout", "line " + seq + "\n");
        }
        moves("out-2", id, "FAILED", "result");
        String whole;
        String middle;
        try (SseReader reader = follow("out-2", id, null)) {
            await().until(reader::ended);
            assertThat(reader.events("output")).hasSize(300);
            whole = text(reader, "stdout");
            middle = reader.events("output").get(149).id();
            assertThat(reader.events().getLast().name()).isEqualTo("end");
        }
        assertThat(whole).startsWith("line 1\n").endsWith("line 300\n");
        try (SseReader rest = follow("out-2", id, middle)) {
            await().until(rest::ended);
            assertThat(rest.events("output")).hasSize(150);
            assertThat(whole).endsWith(text(rest, "stdout"));
            assertThat(rest.events("reset")).isEmpty();
        }
        try (SseReader lost = follow("out-2", id, "1-1")) {
            await().until(lost::ended);
            assertThat(lost.events("reset")).hasSize(1);
            assertThat(text(lost, "stdout")).isEqualTo(whole);
        }
    }

    @Test
    void anEndThatWasNotToldIsFoundAllTheSame() {
        String id = accepted("out-3");
        try (SseReader reader = follow("out-3", id, null)) {
            await().until(() -> !states(reader).isEmpty());
            API.sql(
                    "update agent_commands set state = 'EXPIRED', ended_by = 'ledger',"
                            + " finished_at = now() where correlation_id = '"
                            + id
                            + "'");
            await().until(reader::ended);
            assertThat(states(reader)).containsExactly("QUEUED", "EXPIRED");
        }
    }

    @Test
    void whoMayNotSeeTheCommandFollowsNothing() {
        String id = accepted("out-4");
        String path = Commands.path("out-4") + "/" + id + "/output";
        Commands.assertProblem(API.get(path, ApiServer.BERLIN), 404, "unknown_gateway");
        Commands.assertProblem(
                API.get(
                        Commands.path("out-4") + "/" + UUID.randomUUID() + "/output",
                        ApiServer.VIEWER),
                404,
                "unknown_command");
        assertThat(API.get(path, null).status()).isEqualTo(401);
        assertThat(
                        API.post(
                                        Commands.path("out-4") + "/" + id + "/cancel",
                                        ApiServer.OPERATOR,
                                        "")
                                .status())
                .isEqualTo(202);
        assertThat(API.get(path, ApiServer.VIEWER).body()).contains("event: end", "CANCELLED");
    }
}
