package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.admin.ApiServer.Answer;
import java.net.http.HttpRequest;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Dead letters as an admin sees them, on a real Redis. */
class DeadLettersTest {
    private static final String LETTERS = "/admin/api/dead-letters";
    private static final String RESULTS = LETTERS + "/viw.command_results";
    private final ApiServer api = ApiServer.shared().ready();
    private int letters;

    @BeforeEach
    void empty() {
        String _ = api.redis().command("DEL viw.command_results.dlq");
        String _ = api.redis().command("DEL viw.command_results");
    }

    /** A letter as the consumer loop writes it; answers its id. */
    private String letter(String error) {
        String id = "1795000000000-" + ++letters;
        String added =
                api.redis()
                        .command(
                                "XADD viw.command_results.dlq "
                                        + id
                                        + " deliveries 3 reason fault error "
                                        + error
                                        + " stream viw.command_results id 5-0 v 1 kind RESULT"
                                        + " agent_id gw-1 record.id mine frame secret-frame");
        assertThat(added).startsWith("$");
        return id;
    }

    /** Everything in the stream, on one line. */
    private String stream() {
        return api.redis()
                .command(
                        "EVAL \"return {ok=cjson.encode(redis.call('XRANGE',KEYS[1],'-','+'))}\""
                                + " 1 viw.command_results");
    }

    private Answer delete(String path) {
        return api.send(api.request(path, ApiServer.ADMIN).method("DELETE", noBody()));
    }

    private static HttpRequest.BodyPublisher noBody() {
        return HttpRequest.BodyPublishers.noBody();
    }

    @Test
    void countsThemPerStream() {
        String _ = letter("one");
        String _ = letter("two");
        JsonNode counts = api.get(LETTERS, ApiServer.ADMIN).json().path("items");
        assertThat(counts.size()).isEqualTo(4);
        assertThat(counts.toString()).contains("{\"stream\":\"viw.command_results\",\"count\":2}");
    }

    @Test
    void showsWhatHappenedAndNoFrame() {
        String id = letter("broken");
        Answer answer = api.get(RESULTS, ApiServer.ADMIN);
        assertThat(answer.status()).isEqualTo(200);
        JsonNode shown = answer.json().at("/items/0");
        assertThat(shown.path("id").asString()).isEqualTo(id);
        assertThat(shown.path("entry_id").asString()).isEqualTo("5-0");
        assertThat(shown.path("error").asString()).isEqualTo("broken");
        assertThat(shown.path("deliveries").asInt()).isEqualTo(3);
        assertThat(shown.at("/record/id").asString()).isEqualTo("mine");
        assertThat(answer.body()).doesNotContain("secret-frame").contains("12 bytes, not shown");
    }

    @Test
    void showsTheBodyOfOneWithoutItsSecretsAndWritesDownWhoReadIt() {
        String id = "1795000000000-" + ++letters;
        String added =
                api.redis()
                        .command(
                                "XADD viw.command_results.dlq "
                                        + id
                                        + " deliveries 3 reason fault error e stream"
                                        + " viw.command_results id 5-0 v 1 kind RESULT agent_id gw-1"
                                        + " sealed never-shown frame"
                                        + " \"{\\\"stdout\\\":\\\"password=hunter2,rest\\\","
                                        + "\\\"token\\\":\\\"t0ps\\\"}\"");
        assertThat(added).startsWith("$");
        Answer answer = api.get(RESULTS + "/" + id, ApiServer.ADMIN);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.json().at("/record/frame").asString())
                .contains("password=[redacted]", "rest");
        assertThat(answer.body()).doesNotContain("hunter2", "t0ps", "never-shown");
        assertThat(api.get(RESULTS + "/" + id, ApiServer.OPERATOR).status()).isEqualTo(403);
        assertThat(api.get(RESULTS + "/1-1", ApiServer.ADMIN).code())
                .isEqualTo("unknown_dead_letter");
        assertThat(
                        api.query(
                                "select who from audit_log where what = 'dead_letter.read'"
                                        + " and detail->>'id' = '"
                                        + id
                                        + "'"))
                .containsExactly("anna");
    }

    @Test
    void pagesFromTheNewestToTheOldest() {
        List<String> ids = List.of(letter("a"), letter("b"), letter("c"));
        JsonNode first = api.get(RESULTS + "?limit=2", ApiServer.ADMIN).json();
        assertThat(first.at("/items/0/id").asString()).isEqualTo(ids.get(2));
        assertThat(first.at("/items/1/id").asString()).isEqualTo(ids.get(1));
        JsonNode second =
                api.get(
                                RESULTS + "?limit=2&cursor=" + first.path("next_cursor").asString(),
                                ApiServer.ADMIN)
                        .json();
        assertThat(second.path("items").size()).isEqualTo(1);
        assertThat(second.at("/items/0/id").asString()).isEqualTo(ids.get(0));
        assertThat(second.path("next_cursor").asString("")).isEmpty();
    }

    @Test
    void replaysTheRecordAsItStoodOnce() {
        String id = letter("broken");
        Answer replayed = api.post(RESULTS + "/" + id + "/replay", ApiServer.ADMIN, "");
        assertThat(replayed.status()).isEqualTo(200);
        assertThat(stream())
                .contains(
                        replayed.json().path("entry_id").asString(),
                        "kind",
                        "RESULT",
                        "mine",
                        "secret-frame")
                .doesNotContain("deliveries", "record.id");
        assertThat(api.redis().command("XLEN viw.command_results.dlq")).isEqualTo(":0");
        Answer again = api.post(RESULTS + "/" + id + "/replay", ApiServer.ADMIN, "");
        assertThat(again.status()).isEqualTo(404);
        assertThat(again.code()).isEqualTo("unknown_dead_letter");
        assertThat(api.redis().command("XLEN viw.command_results")).isEqualTo(":1");
        assertThat(
                        api.query(
                                "select what from audit_log where what = 'dead_letter.replay'"
                                        + " and detail->>'id' = '"
                                        + id
                                        + "'"))
                .hasSize(1);
    }

    @Test
    void givesOneUp() {
        String id = letter("broken");
        assertThat(delete(RESULTS + "/" + id).status()).isEqualTo(204);
        assertThat(delete(RESULTS + "/" + id).status()).isEqualTo(404);
        assertThat(api.redis().command("XLEN viw.command_results")).isEqualTo(":0");
    }

    @Test
    void isForAdminsOnly() {
        assertThat(api.get(LETTERS, null).status()).isEqualTo(401);
        assertThat(api.get(LETTERS, ApiServer.OPERATOR).status()).isEqualTo(403);
        assertThat(api.post(RESULTS + "/1-0/replay", ApiServer.VIEWER, "").status()).isEqualTo(403);
    }

    @Test
    void namesTheStreamsThereAre() {
        Answer answer = api.get(LETTERS + "/other", ApiServer.ADMIN);
        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.code()).isEqualTo("unknown_stream");
        assertThat(answer.body()).contains("viw.telemetry");
        assertThat(api.get(RESULTS + "?cursor=x", ApiServer.ADMIN).code()).isEqualTo("bad_cursor");
        assertThat(delete(RESULTS + "/nonsense").code()).isEqualTo("unknown_dead_letter");
    }
}
