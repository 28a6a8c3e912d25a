package io.viworks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.cli.SmallApi.Answer;
import io.viworks.cli.SmallApi.Asked;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(300)
class RunTest {
    private static final String ID = "01900000-0000-7000-8000-000000000001";
    private static final String SEND = "POST /gateways/gw-1/commands";
    private static final String LOOK = "GET /gateways/gw-1/commands/" + ID;
    private static final String LISTEN = LOOK + "/output";
    private static final String VERBS =
            """
            {"items":[
             {"name":"echo","secret_arguments":[],"schema":{"properties":{
              "message":{"type":"string","description":"Said back."}},"required":["message"]}},
             {"name":"make","secret_arguments":["/key"],"schema":{"properties":{
              "count":{"type":"integer"},"share":{"type":"number"},"force":{"type":"boolean"},
              "ports":{"type":"array","items":{"type":"string"}},"note":{"type":"string"},
              "env":{"type":"object","additionalProperties":{"type":"string","writeOnly":true}},
              "pass":{"type":"string","writeOnly":true},"key":{"type":"string"}}}}]}
            """;

    @TempDir Path folder;
    private SmallApi api;

    @BeforeEach
    void start() throws Exception {
        api = new SmallApi(folder);
        api.on("GET /verbs", Answer.json(VERBS))
                .on(
                        SEND,
                        new Answer(202, "application/json", "{\"correlation_id\":\"" + ID + "\"}"))
                .on(LOOK, Answer.json(ended("SUCCEEDED", "")));
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private static String ended(String state, String more) {
        return "{\"correlation_id\":\"" + ID + "\",\"state\":\"" + state + "\"" + more + "}";
    }

    @Test
    void showsLiveOutputAsItComesAndOnlyTheRestAtTheEnd() throws Exception {
        api.on(
                LISTEN,
                Answer.events(
                        """
                        :

                        event: state
                        data: {"state":"ACKED"}

                        id: 1-0
                        event: output
                        data: {"stream":"stdout","seq":0,"text":"one\\n"}

                        id: 2-0
                        event: output
                        data: {"stream":"stderr","seq":0,"text":"careful\\u001b[2J\\n"}

                        id: end
                        event: end
                        data: {"state":"SUCCEEDED","results":[{"stdout":"one\\ntwo\\n","stderr":"careful\\u001b[2J\\n","data":{"n":2}}]}

                        """));
        assertThat(api.run("run", "gw-1", "echo", "message=hi")).isZero();
        assertThat(api.out()).isEqualTo("one\ntwo\n{\n  \"n\" : 2\n}\n");
        assertThat(api.err())
                .startsWith(ID + "\n")
                .contains("ACKED\n", "careful\\u001b[2J\n", "SUCCEEDED\n")
                .doesNotContain("\u001b");
    }

    @Test
    void goesOnBehindTheLastEventWhenTheStreamBreaks() throws Exception {
        String piece =
                "id: 7-0\nevent: output\ndata: {\"stream\":\"stdout\",\"text\":\"one\\n\"}\n\n";
        String end =
                "event: end\ndata: {\"state\":\"FAILED\",\"results\":[{\"rc\":3,\"stdout\":\"one\\n\"}]}\n\n";
        api.on(LISTEN, Answer.events(piece + "event: output\ndata: {\"str"), Answer.events(end))
                .on(LOOK, Answer.json(ended("ACKED", "")));
        assertThat(api.run("run", "gw-1", "echo", "message=hi")).isEqualTo(Exit.FAILED);
        assertThat(api.out()).isEqualTo("one\n");
        assertThat(api.err()).contains("exit code 3");
        assertThat(api.asked)
                .filteredOn(one -> one.line().equals(LISTEN))
                .extracting(Asked::lastId)
                .containsExactly("", "7-0");
    }

    @Test
    void asksAgainAndAgainWhereNothingStreams() throws Exception {
        api.on(
                LOOK,
                Answer.json(ended("QUEUED", "")),
                Answer.json(ended("SUCCEEDED", ",\"results\":[{\"stdout\":\"done\"}]")));
        assertThat(api.run("run", "gw-1", "echo", "message=hi")).isZero();
        assertThat(api.out()).isEqualTo("done\n");
        assertThat(api.err()).contains("QUEUED\n");
    }

    @ParameterizedTest
    @CsvSource({
        "SUCCEEDED,0",
        "FAILED,1",
        "REJECTED,3",
        "EXPIRED,3",
        "CANCELLED,3",
        "OUTCOME_UNKNOWN,4",
        "EXEC_TIMED_OUT,4",
        "SOMETHING_NEW,4"
    })
    void theExitCodeSaysHowItEnded(String state, int exit) throws Exception {
        api.on(
                LOOK,
                Answer.json(ended(state, ",\"error_code\":\"busy\",\"reason\":\"it was busy\"")));
        assertThat(api.run("run", "gw-1", "echo", "message=hi", "--json")).isEqualTo(exit);
        assertThat(Json.text(Json.MAPPER.readTree(api.out()), "state")).isEqualTo(state);
    }

    @Test
    void saysWhyItDidNotSucceed() throws Exception {
        api.on(
                LOOK,
                Answer.json(ended("REJECTED", ",\"error_code\":\"busy\",\"reason\":\"later\"")));
        assertThat(api.run("run", "gw-1", "echo", "message=hi")).isEqualTo(Exit.NOT_DONE);
        assertThat(api.err()).contains("REJECTED\n", "busy: later\n");
    }

    @Test
    void sendsTheSameRequestAgainWhenTheConnectionBreaks() throws Exception {
        api.on(
                SEND,
                SmallApi.BREAK,
                new Answer(202, "application/json", "{\"correlation_id\":\"" + ID + "\"}"));
        assertThat(api.run("run", "gw-1", "echo", "message=hi", "--ttl", "30", "--timeout=5"))
                .isZero();
        List<Asked> sent = api.asked.stream().filter(one -> one.line().equals(SEND)).toList();
        assertThat(sent).hasSize(2);
        assertThat(sent.getFirst().key()).hasSizeGreaterThan(30);
        assertThat(sent.getLast()).isEqualTo(sent.getFirst());
        assertThat(sent.getFirst().body())
                .isEqualTo(
                        "{\"command\":\"echo\",\"parameters\":{\"message\":\"hi\"},"
                                + "\"timeout_s\":5,\"ttl_s\":30}");
        assertThat(sent.getFirst().authorization()).isEqualTo("Bearer " + SmallApi.TOKEN);
        assertThat(api.out() + api.err()).doesNotContain(SmallApi.TOKEN);
    }

    @Test
    void valuesHaveTheTypesOfTheSchemaAndSecretsComeFromFiles() throws Exception {
        Path pass = Files.writeString(folder.resolve("pass"), "s3cret\n");
        Path env = Files.writeString(folder.resolve("env"), "{\"A\":\"b\"}");
        int exit =
                api.run(
                        "run",
                        "gw-1",
                        "make",
                        "count=3",
                        "share=0.5",
                        "force=true",
                        "ports=1:2,3:4",
                        "note=@@home",
                        "pass=@" + pass,
                        "env=@" + env);
        assertThat(exit).isZero();
        assertThat(api.asked)
                .anySatisfy(one ->
                        assertThat(one.body())
                                .contains(
                                        "\"parameters\":{\"count\":3,\"share\":0.5,\"force\":true,"
                                                + "\"ports\":[\"1:2\",\"3:4\"],\"note\":\"@home\","
                                                + "\"pass\":\"s3cret\",\"env\":{\"A\":\"b\"}}"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "make count=many|count must be a number",
                "make force=yes|force must be true or false",
                "make pass=s3cret|pass is secret",
                "make key=s3cret|key is secret",
                "make env={\"A\":\"s3cret\"}|env is secret",
                "make pass=@/nowhere/at/all|cannot be read",
                "make colour=red|There is no argument colour",
                "make count=1 count=2|count is given twice",
                "echo|Missing: message",
                "dance|There is no verb dance. There are: echo, make",
                "echo message=hi --ttl 0|--ttl must be a whole number from 1 to",
                "echo message=hi --fast|There is no option --fast",
            })
    void wrongWordsAreNotSent(String words, String sentence) throws Exception {
        String[] args = ("run gw-1 " + words).split(" ");
        assertThat(api.run(args)).isEqualTo(Exit.MISUNDERSTOOD);
        assertThat(api.err()).contains(sentence).doesNotContain("s3cret");
        assertThat(api.asked).noneMatch(one -> one.line().startsWith("POST"));
    }

    @Test
    void aRefusalIsToldInSentences() throws Exception {
        api.on(
                SEND,
                Answer.problem(
                        422,
                        """
                        {"title":"Invalid arguments","detail":"the arguments do not fit\\u009b",
                         "code":"invalid_arguments","status":422,
                         "errors":[{"pointer":"/parameters/message","message":"must be shorter"}]}
                        """));
        assertThat(api.run("run", "gw-1", "echo", "message=hi")).isEqualTo(Exit.API);
        assertThat(api.err())
                .isEqualTo(
                        "The API refused: Invalid arguments. the arguments do not fit\\u009b."
                                + " (422 invalid_arguments)\n"
                                + "  /parameters/message must be shorter\n");
    }

    @Test
    void endingTheProgramSaysHowToCancelTheCommand() throws Exception {
        api.on(LOOK, Answer.json(ended("QUEUED", "")));
        Path said = folder.resolve("said");
        ProcessBuilder builder =
                new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "run",
                        "gw-1",
                        "echo",
                        "message=hi");
        builder.environment().putAll(api.environment());
        Process process = builder.redirectErrorStream(true).redirectOutput(said.toFile()).start();
        try {
            while (!Files.readString(said).contains("QUEUED")) {
                assertThat(process.waitFor(20, TimeUnit.MILLISECONDS)).isFalse();
            }
            process.destroy();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(Files.readString(said))
                .contains("the command goes on. To cancel it: ./viw cancel gw-1 " + ID);
        assertThat(api.asked).noneMatch(one -> one.line().endsWith("/cancel"));
    }
}
