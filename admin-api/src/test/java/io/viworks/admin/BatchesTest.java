package io.viworks.admin;

import static io.viworks.admin.Commands.API;
import static io.viworks.admin.Commands.assertProblem;
import static io.viworks.admin.Commands.gateway;
import static io.viworks.admin.Commands.owned;
import static io.viworks.admin.Commands.pointer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The same command to many gateways. */
final class BatchesTest {
    private static final String PATH = "/admin/api/commands";

    private static ApiServer.Answer batch(String gateways, String... headers) {
        return API.post(PATH, ApiServer.OPERATOR, body(gateways), headers);
    }

    private static String body(String gateways) {
        return "{\"command\":\"echo\",\"parameters\":{\"message\":\"all\"}," + gateways + "}";
    }

    private static String ids(String... agents) {
        return "\"agent_ids\":[\"" + String.join("\",\"", agents) + "\"]";
    }

    private static String ids(List<String> agents) {
        return ids(agents.toArray(String[]::new));
    }

    /** Gateways {@code prefix-0} and on, in one statement. */
    private static List<String> gateways(String prefix, int many) {
        API.sql(
                """
                insert into os_gateways (agent_id, status, site, labels, supported_verbs, features,
                  auth)
                select '%1$s-' || n, 'connected', 'paris', '{"bulk":"%1$s"}', '["echo"]',
                  '["ack","journal","job_status","cancel"]', 'shared'
                from generate_series(0, %2$d) n
                """
                        .formatted(prefix, many - 1));
        return IntStream.range(0, many).mapToObj(n -> prefix + "-" + n).toList();
    }

    private static Map<String, String> codes(JsonNode receipt) {
        Map<String, String> codes = new TreeMap<>();
        receipt.path("commands")
                .forEach(item ->
                        codes.put(
                                item.path("agent_id").asString(),
                                item.path("code").asString("accepted")));
        return codes;
    }

    private static int rows(String batch) {
        return Integer.parseInt(
                API.query("select count(*) from agent_commands where batch_id = '" + batch + "'")
                        .getFirst());
    }

    @Test
    void judgesEachGatewayAsIfItWereTheOnlyOne() {
        owned(gateway("bat-held"));
        gateway("bat-waits");
        gateway("bat-gone");
        gateway("bat-clone");
        gateway("bat-mute");
        gateway("bat-full");
        API.sql(
                """
                update os_gateways set status = 'decommissioned' where agent_id = 'bat-gone';
                update os_gateways set clone_suspected = true where agent_id = 'bat-clone';
                update os_gateways set supported_verbs = '["list_containers"]'
                  where agent_id = 'bat-mute';
                """);
        for (int i = 0; i < 5; i++) {
            assertThat(Commands.post("bat-full", Commands.ECHO).status()).isEqualTo(202);
        }
        int before = Commands.inTheDoor();
        String all =
                ids(
                        "bat-held",
                        "bat-waits",
                        "bat-gone",
                        "bat-clone",
                        "bat-mute",
                        "bat-full",
                        "bat-nobody",
                        "bat-held");
        JsonNode tried = API.post(PATH + "?dry_run=true", ApiServer.OPERATOR, body(all)).json();
        ApiServer.Answer answer = batch(all);
        assertThat(answer.status()).as(answer.body()).isEqualTo(202);
        JsonNode receipt = answer.json();
        assertThat(codes(receipt))
                .isEqualTo(
                        Map.of(
                                "bat-held", "accepted",
                                "bat-waits", "accepted",
                                "bat-gone", "gateway_decommissioned",
                                "bat-clone", "clone_suspected",
                                "bat-mute", "verb_unsupported",
                                "bat-full", "queue_full",
                                "bat-nobody", "unknown_gateway"))
                .isEqualTo(codes(tried));
        assertThat(receipt.path("total").asInt()).isEqualTo(7);
        assertThat(receipt.path("accepted").asInt()).isEqualTo(2);
        assertThat(receipt.path("refused").asInt()).isEqualTo(5);
        Commands.awaitInTheDoor(before + 1); // the one that is held was sent
        String id = receipt.path("batch_id").asString();
        assertThat(answer.header("Location")).isEqualTo(PATH + "/batches/" + id);
        JsonNode view = API.get(answer.header("Location"), ApiServer.VIEWER).json();
        assertThat(view.path("states").toString()).isEqualTo("{\"QUEUED\":2}");
        assertThat(view.path("open").asInt()).isEqualTo(2);
        assertThat(view.path("total").asInt()).isEqualTo(7);
        assertThat(view.path("refused").path("queue_full").asInt()).isEqualTo(1);
        assertThat(view.path("issued_by").asString()).isEqualTo("otto");
        assertThat(view.path("command").asString()).isEqualTo("echo");
        assertThat(view.path("finished_at").asString()).isNotEmpty();
        assertThat(
                        API.get(PATH + "?batch_id=" + id + "&count=true", ApiServer.VIEWER)
                                .json()
                                .path("total")
                                .asInt())
                .isEqualTo(2);
        assertThat(
                        API.query(
                                "select what from audit_log where detail->>'batch_id' = '"
                                        + id
                                        + "' order by what"))
                .containsExactly("command.accept", "command.accept", "command.batch");
        assertThat(tried.has("batch_id")).isFalse();
        assertThat(tried.path("dry_run").asBoolean()).isTrue();
    }

    @Test
    void refusesNowWhatCannotBeNow() {
        owned(gateway("bnow-held"));
        gateway("bnow-away");
        String now = ids("bnow-held", "bnow-away") + ",\"delivery\":\"IMMEDIATE\"";
        JsonNode tried = API.post(PATH + "?dry_run=true", ApiServer.OPERATOR, body(now)).json();
        assertThat(codes(batch(now).json()))
                .isEqualTo(Map.of("bnow-held", "accepted", "bnow-away", "agent_offline"))
                .isEqualTo(codes(tried));
    }

    @Test
    void choosesByWhatGatewaysAreLike() {
        gateways("chosen", 3);
        API.sql(
                """
                update os_gateways set labels = labels || '{"env":"prod"}' where agent_id = 'chosen-1';
                update os_gateways set status = 'decommissioned' where agent_id = 'chosen-2';
                """);
        Map<String, List<String>> found =
                Map.of(
                        "{\"labels\":[\"bulk=chosen\"]}",
                        List.of("chosen-0", "chosen-1"),
                        "{\"labels\":[\"bulk=chosen\",\"env\"]}",
                        List.of("chosen-1"),
                        "{\"labels\":[\"bulk=chosen\",\"!env\"]}",
                        List.of("chosen-0"),
                        "{\"labels\":[\"bulk=chosen\",\"env!=prod\"],\"site\":\"paris\"}",
                        List.of("chosen-0"),
                        "{\"q\":\"chosen-\",\"status\":\"decommissioned\"}",
                        List.of("chosen-2"),
                        "{\"labels\":[\"bulk=chosen\"],\"site\":\"rome\"}",
                        List.of());
        found.forEach((selector, agents) -> {
            ApiServer.Answer tried =
                    API.post(
                            PATH + "?dry_run=true",
                            ApiServer.OPERATOR,
                            body("\"selector\":" + selector));
            assertThat(tried.status()).as(tried.body()).isEqualTo(200);
            assertThat(codes(tried.json()).keySet()).as(selector).containsExactlyElementsOf(agents);
        });
        assertThat(API.query("select count(*) from agent_commands where agent_id like 'chosen-%'"))
                .containsExactly("0");
        assertProblem(
                batch("\"selector\":{\"labels\":[\"bulk=chosen\"],\"site\":\"rome\"}"),
                422,
                "no_gateways");
        assertThat(codes(batch("\"selector\":{\"labels\":[\"bulk=chosen\"]}").json()))
                .isEqualTo(Map.of("chosen-0", "accepted", "chosen-1", "accepted"));
        assertThat(
                        API.post(
                                        PATH + "?dry_run=true",
                                        ApiServer.BERLIN,
                                        body("\"selector\":{\"labels\":[\"bulk=chosen\"]}"))
                                .json()
                                .path("total")
                                .asInt(-1))
                .as("of another site")
                .isZero();
    }

    @Test
    void wantsOneChoiceAndAllOfItsWordsRight() {
        gateway("bat-words");
        Map<String, String> mistakes =
                Map.of(
                        "\"ttl_s\":60",
                        "",
                        ids("bat-words") + ",\"selector\":{\"q\":\"x\"}",
                        "",
                        "\"agent_ids\":[]",
                        "/agent_ids",
                        "\"agent_ids\":[\"bat-words\",\"no way\"]",
                        "/agent_ids/1",
                        "\"agent_ids\":[null]",
                        "/agent_ids/0",
                        "\"selector\":{}",
                        "/selector",
                        "\"selector\":{\"labels\":[\"=x\"]}",
                        "/selector/labels/0",
                        "\"selector\":{\"status\":[\"here\"]}",
                        "/selector/status/0",
                        "\"selector\":{\"site\":\"a\\u0000b\"}",
                        "/selector/site",
                        ids("bat-words") + ",\"ttl_s\":0",
                        "/ttl_s");
        mistakes.forEach((gateways, at) -> {
            ApiServer.Answer answer = batch(gateways);
            assertProblem(answer, 422, "invalid_body");
            assertThat(pointer(answer)).as(answer.body()).isEqualTo(at);
        });
        assertProblem(
                API.post(PATH, ApiServer.OPERATOR, "{\"command\":\"no\"," + ids("x") + "}"),
                422,
                "unknown_verb");
        assertProblem(
                API.post(PATH, ApiServer.OPERATOR, "{\"command\":\"echo\"," + ids("x") + "}"),
                422,
                "invalid_arguments");
        assertProblem(
                API.post(
                        PATH,
                        ApiServer.ECHO_ONLY,
                        "{\"command\":\"list_containers\"," + ids("x") + "}"),
                403,
                "verb_forbidden");
        assertProblem(API.post(PATH, ApiServer.VIEWER, body(ids("x"))), 403, "forbidden");
        assertProblem(
                API.post(
                        PATH,
                        ApiServer.OPERATOR,
                        "{\"command\":\"create_panel_user\",\"parameters\":{\"username\":\"eve\","
                                + "\"password\":\"Zq8-marked-secret\"},"
                                + ids("x")
                                + "}"),
                409,
                "secrets_unavailable");
    }

    @Test
    void answersTheSameAgainUnderItsKeyAndAnotherNever() {
        List<String> agents = gateways("key", 3);
        String[] key = {"Idempotency-Key", "batch-key-1"};
        ApiServer.Answer first = batch(ids(agents), key);
        ApiServer.Answer again = batch(ids(agents.reversed()), key);
        assertThat(first.status()).isEqualTo(202);
        assertThat(again.status()).isEqualTo(202);
        assertThat(again.body()).isEqualTo(first.body());
        assertThat(again.header("Location")).isEqualTo(first.header("Location"));
        assertThat(rows(first.json().path("batch_id").asString())).isEqualTo(3);
        assertProblem(batch(ids("key-0"), key), 409, "idempotency_conflict");
        assertThat(
                        API.post(PATH, ApiServer.ADMIN, body(ids(agents)), key)
                                .json()
                                .path("batch_id")
                                .asString())
                .as("another caller's name is another's")
                .isNotEqualTo(first.json().path("batch_id").asString());
    }

    /** A piece that fails in the middle: what is in the ledger stays, the rest follows. */
    @Test
    void finishesUnderItsKeyWhatBrokeOffAndDoesNothingTwice() {
        List<String> agents = gateways("brk", 450);
        API.sql(
                """
                create function break_off() returns trigger language plpgsql as $$
                begin raise exception 'gone' using errcode = '57P01'; end $$;
                create trigger break_off before insert on agent_commands for each row
                  when (new.agent_id = 'brk-399') execute function break_off();
                """);
        String[] key = {"Idempotency-Key", "batch-key-2"};
        try {
            assertProblem(batch(ids(agents), key), 503, "database_away");
        } finally {
            API.sql("drop trigger break_off on agent_commands; drop function break_off()");
        }
        String id =
                API.query(
                                "select batch_id from command_batches where idempotency_key = 'batch-key-2'")
                        .getFirst();
        assertThat(rows(id)).as("the first piece, and no other").isEqualTo(200);
        assertThat(API.get(PATH + "/batches/" + id, ApiServer.VIEWER).json().has("finished_at"))
                .isFalse();
        ApiServer.Answer again = batch(ids(agents), key);
        assertThat(again.status()).as(again.body()).isEqualTo(202);
        assertThat(again.json().path("batch_id").asString()).isEqualTo(id);
        assertThat(again.json().path("accepted").asInt()).isEqualTo(450);
        assertThat(rows(id)).isEqualTo(450);
        assertThat(
                        API.query(
                                "select max(n) from (select count(*) n from agent_commands where"
                                        + " agent_id like 'brk-%' group by agent_id) c"))
                .containsExactly("1");
    }

    /** As after a kill: nobody has let go, so the lease must end first. */
    @Test
    void isTakenOverFromTheDeadAndFromNobodyElse() {
        List<String> agents = gateways("dead", 3);
        String[] key = {"Idempotency-Key", "batch-key-3"};
        String id = batch(ids(agents), key).json().path("batch_id").asString();
        API.sql(
                """
                update command_batches set finished_at = null, running_until = now() + interval '1 h',
                  agent_ids = array['dead-0', 'dead-1', 'dead-2'] where batch_id = '%1$s';
                delete from agent_commands where batch_id = '%1$s' and agent_id <> 'dead-1';
                """
                        .formatted(id));
        ApiServer.Answer held = batch(ids(agents), key);
        assertProblem(held, 409, "request_in_progress");
        assertThat(held.header("Retry-After")).isNotEmpty();
        assertThat(rows(id)).isEqualTo(1);
        API.sql("update command_batches set running_until = now() where batch_id = '" + id + "'");
        assertThat(batch(ids(agents), key).json().path("accepted").asInt()).isEqualTo(3);
        assertThat(rows(id)).isEqualTo(3);
    }

    @Test
    void twoBatchesOverTheSameGatewaysNeverWaitForEachOtherForGood() throws Exception {
        List<String> agents = gateways("two", 400);
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Callable<ApiServer.Answer>> calls = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                String gateways = ids(i % 2 == 0 ? agents : agents.reversed());
                calls.add(() -> batch(gateways));
            }
            for (Future<ApiServer.Answer> call : threads.invokeAll(calls)) {
                assertThat(call.get().status()).as(call.get().body()).isEqualTo(202);
                assertThat(call.get().json().path("accepted").asInt()).isEqualTo(400);
            }
        }
    }

    @Test
    void cancelsWhatIsLeft() {
        owned(gateway("can-held"));
        gateway("can-waits");
        gateway("can-ended");
        gateway("can-plain");
        ApiServer.Answer answer = batch(ids("can-held", "can-waits", "can-ended", "can-plain"));
        String location = answer.header("Location");
        String id = answer.json().path("batch_id").asString();
        API.sql(
                """
                update agent_commands set state = 'SUCCEEDED', ended_by = 'result',
                  finished_at = now() where batch_id = '%1$s' and agent_id = 'can-ended';
                update agent_commands set attempt = 1, plain = true, state = 'DISPATCHED',
                  sent_at = now() where batch_id = '%1$s' and agent_id = 'can-plain';
                """
                        .formatted(id));
        String stream = "viw.commands." + Commands.BRIDGE;
        String before = API.redis().command("XLEN " + stream);
        ApiServer.Answer cancelled =
                API.post(
                        location + "/cancel",
                        ApiServer.OPERATOR,
                        "",
                        "Idempotency-Key",
                        "cancel-key-1");
        assertThat(cancelled.status()).as(cancelled.body()).isEqualTo(202);
        assertThat(cancelled.header("Location")).isEqualTo(location);
        assertThat(cancelled.json().path("cancelled").asInt()).isEqualTo(1);
        assertThat(cancelled.json().path("requested").asInt()).isEqualTo(1);
        assertThat(cancelled.json().path("not_cancellable").asInt()).isEqualTo(1);
        await().untilAsserted(() ->
                assertThat(API.redis().command("XLEN " + stream)).isNotEqualTo(before));
        JsonNode view = API.get(location, ApiServer.VIEWER).json();
        assertThat(view.path("states").toString())
                .isEqualTo("{\"CANCELLED\":1,\"DISPATCHED\":1,\"QUEUED\":1,\"SUCCEEDED\":1}");
        assertThat(view.path("cancel_requested_by").asString()).isEqualTo("otto");
        ApiServer.Answer again =
                API.post(
                        location + "/cancel",
                        ApiServer.OPERATOR,
                        "",
                        "Idempotency-Key",
                        "cancel-key-1");
        assertThat(again.body()).as("the same request").isEqualTo(cancelled.body());
        assertThat(
                        API.post(location + "/cancel", ApiServer.OPERATOR, "")
                                .json()
                                .path("cancelled")
                                .asInt(-1))
                .as("another one")
                .isZero();
    }

    @Test
    void isThereForThoseOnlyWhoMaySeeItsGateways() {
        gateway("see-paris");
        gateway("see-berlin");
        API.sql("update os_gateways set site = 'berlin' where agent_id = 'see-berlin'");
        ApiServer.Answer both = batch(ids("see-paris", "see-berlin", "see-nobody"));
        JsonNode part = API.get(both.header("Location"), ApiServer.BERLIN).json();
        assertThat(part.path("total").asInt()).isEqualTo(1);
        assertThat(part.path("states").toString()).isEqualTo("{\"QUEUED\":1}");
        assertThat(part.path("refused").size()).isZero();
        String paris = batch(ids("see-paris")).header("Location");
        for (String token : List.of(ApiServer.BERLIN)) {
            assertProblem(API.get(paris, token), 404, "unknown_batch");
            assertProblem(API.post(paris + "/cancel", token, ""), 404, "unknown_batch");
        }
        assertProblem(API.post(paris + "/cancel", ApiServer.VIEWER, ""), 403, "forbidden");
        assertProblem(API.get(PATH + "/batches/x", ApiServer.VIEWER), 404, "unknown_batch");
        assertThat(
                        API.post(both.header("Location") + "/cancel", ApiServer.BERLIN, "")
                                .json()
                                .path("cancelled")
                                .asInt())
                .isEqualTo(1);
        assertThat(
                        API.get(both.header("Location"), ApiServer.VIEWER)
                                .json()
                                .path("states")
                                .toString())
                .isEqualTo("{\"CANCELLED\":1,\"QUEUED\":1}");
    }
}
