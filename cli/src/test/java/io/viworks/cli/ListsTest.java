package io.viworks.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.viworks.cli.SmallApi.Answer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class ListsTest {
    private static final String ID = "01900000-0000-7000-8000-000000000001";

    @TempDir Path folder;
    private SmallApi api;

    @BeforeEach
    void start() throws Exception {
        api = new SmallApi(folder);
    }

    @AfterEach
    void stop() {
        api.close();
    }

    @Test
    void gatewaysStandInColumnsOverAllPages() throws Exception {
        String first =
                """
                {"items":[{"agent_id":"gw-1","display_name":"Nord\\u001b[31m","site":"north",
                 "status":"connected","stale":false,"telemetry":{"cpu_pct":12.4,"mem_pct":50,
                 "disk_pct":null,"reported_at":"2020-01-01T00:00:00Z"}}],"next_cursor":"c/1"}
                """;
        String last =
                """
                {"items":[{"agent_id":"gateway-2","status":"expected","stale":true}],
                 "next_cursor":null}
                """;
        api.on("GET /gateways", Answer.json(first), Answer.json(last));
        assertThat(api.run("gateways", "--site", "north", "--label", "a=b c", "--label=!d"))
                .isZero();
        assertThat(api.out().lines().map(line -> line.replaceAll("\\d+ d ", "N d ")))
                .containsExactly(
                        "GATEWAY    NAME            SITE   STATUS     TELEMETRY  CPU   MEM   DISK",
                        "gw-1       Nord\\u001b[31m  north  connected  N d     12 %  50 %  -",
                        "gateway-2  -               -      expected   -          -     -     -");
        assertThat(api.asked.getFirst().line())
                .startsWith(
                        "GET /gateways?site=north&label=a%3Db%20c&label=%21d&limit=200&fields=");
        assertThat(api.asked.getLast().line()).endsWith("&cursor=c%2F1");
    }

    @Test
    void theListOfGatewaysEndsAtItsMaximumAndSaysSo() throws Exception {
        String page =
                "{\"items\":["
                        + "{\"agent_id\":\"g\"},".repeat(199)
                        + "{\"agent_id\":\"g\"}],\"next_cursor\":\"more\"}";
        api.on("GET /gateways", Answer.json(page));
        assertThat(api.run("gateways", "--json")).isZero();
        assertThat(Json.MAPPER.readTree(api.out()).size()).isEqualTo(Gateways.MAX);
        assertThat(api.err()).contains("the first 2000; there are more");
    }

    @Test
    void commandsStandInColumns() throws Exception {
        api.on(
                "GET /commands",
                Answer.json(
                        """
                        {"items":[{"issued_at":"2026-11-21T03:00:00Z","agent_id":"gw-1",
                         "command":"echo","state":"FAILED","issued_by":"ada",
                         "correlation_id":"%s","error_code":"busy"}],"next_cursor":null}
                        """
                                .formatted(ID)));
        assertThat(api.run("commands", "--gateway", "gw-1", "--state", "FAILED", "--limit", "5"))
                .isZero();
        assertThat(api.out())
                .contains("gw-1     echo  FAILED  ada  " + ID + "  busy")
                .contains("2026-11-21T03:00:00Z");
        assertThat(api.asked.getFirst().line())
                .isEqualTo("GET /commands?agent_id=gw-1&state=FAILED&limit=5");
    }

    @Test
    void cancelSaysWhatBecameOfIt() throws Exception {
        api.on(
                "POST /gateways/gw-1/commands/" + ID + "/cancel",
                Answer.json("{\"state\":\"ACKED\"}"),
                Answer.json("{\"state\":\"CANCELLED\"}"));
        assertThat(api.run("cancel", "gw-1", ID)).isZero();
        assertThat(api.run("cancel", "gw-1", ID)).isZero();
        assertThat(api.out()).isEqualTo("ACKED; the gateway is asked to stop it.\nCANCELLED\n");
        assertThat(api.run("cancel", "gw-1", "../../x")).isEqualTo(Exit.MISUNDERSTOOD);
        assertThat(api.run("cancel", "..", ID)).isEqualTo(Exit.MISUNDERSTOOD);
        assertThat(api.asked).hasSize(2);
    }

    @Test
    void anApiThatIsAwayOrNoneIsTold() throws Exception {
        api.on("GET /gateways", new Answer(200, "text/html", "<html>"));
        assertThat(api.run("gateways")).isEqualTo(Exit.API);
        assertThat(api.err()).contains("is not the API");
        api.close();
        assertThat(api.run("commands")).isEqualTo(Exit.API);
        assertThat(api.err()).contains("does not answer: nothing listens there.");
    }

    @Test
    void accessComesFromTheEnvironmentOrFromTheStackThatRunsHere() throws Exception {
        Path home = Files.createDirectory(folder.resolve(".viw"));
        assertThatThrownBy(() -> Access.find(Map.of(), folder))
                .hasMessageContaining("VIW_API_URL")
                .hasMessageContaining("./viw up");
        Files.writeString(
                home.resolve("run.json"),
                "{\"admin_api\":\"http://127.0.0.1:1/admin/api\",\"operator_token\":\"here\"}");
        assertThat(Access.find(Map.of(), folder).token()).isEqualTo("here");
        Path file = Files.writeString(folder.resolve("there"), " there \n");
        Map<String, String> named =
                Map.of("VIW_API_URL", "https://host/", "VIW_API_TOKEN_FILE", file.toString());
        assertThat(Access.find(named, folder))
                .hasToString("Access[https://host/admin/api]")
                .extracting(Access::token)
                .isEqualTo("there");
        assertThatThrownBy(() -> Access.find(Map.of("VIW_API_URL", "https://host"), folder))
                .hasMessageContaining("VIW_API_TOKEN_FILE is missing");
        Files.writeString(file, "two words");
        assertThatThrownBy(() -> Access.find(named, folder))
                .hasMessageContaining("must hold a token")
                .hasMessageNotContaining("two words");
    }

    @Test
    void agesHaveOneUnit() {
        Instant now = Instant.parse("2026-01-10T00:00:00Z");
        assertThat(Gateways.age("2026-01-09T23:59:57Z", now)).isEqualTo("3 s");
        assertThat(Gateways.age("2026-01-09T23:50:00Z", now)).isEqualTo("10 min");
        assertThat(Gateways.age("2026-01-09T20:00:00Z", now)).isEqualTo("4 h");
        assertThat(Gateways.age("2026-01-01T00:00:00Z", now)).isEqualTo("9 d");
        assertThat(Gateways.age("", now)).isEmpty();
    }
}
