package io.viworks.protocol.verb;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.protocol.verb.Verb.Violation;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

class VerbCatalogueTest {
    private final VerbCatalogue catalogue = VerbCatalogue.standard();

    @Test
    void holdsTheSixteenVerbsOfTheSpecification() {
        assertThat(catalogue.all())
                .extracting(Verb::name)
                .containsExactlyInAnyOrder(
                        "echo",
                        "create_panel_user",
                        "delete_panel_user",
                        "create_openvpn_user",
                        "delete_openvpn_user",
                        "terminate_session",
                        "list_sessions",
                        "spawn_container",
                        "stop_container",
                        "restart_container",
                        "list_containers",
                        "get_system_health",
                        "get_service_status",
                        "reload_service",
                        "tail_logs",
                        "shutdown_agent")
                .isSorted();
        assertThat(catalogue.find("rm")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "echo,false,5",
        "create_panel_user,true,45",
        "delete_panel_user,true,45",
        "create_openvpn_user,true,45",
        "delete_openvpn_user,true,45",
        "terminate_session,true,30",
        "list_sessions,false,30",
        "spawn_container,true,120",
        "stop_container,true,60",
        "restart_container,true,60",
        "list_containers,false,15",
        "get_system_health,false,15",
        "get_service_status,false,15",
        "reload_service,true,45",
        "tail_logs,false,30",
        "shutdown_agent,true,10"
    })
    void knowsWhatChangesSomethingAndForHowLong(String name, boolean mutating, int seconds) {
        assertThat(verb(name).mutating()).isEqualTo(mutating);
        assertThat(verb(name).timeout()).isEqualTo(Duration.ofSeconds(seconds));
        assertThat(verb(name).summary()).endsWith(".");
        assertThat(verb(name).schema().get("$schema").stringValue())
                .isEqualTo("https://json-schema.org/draft/2020-12/schema");
        assertThat(verb(name).schema().get("additionalProperties").booleanValue()).isFalse();
    }

    @Test
    void marksTheSecretsOfTheSpecification() {
        assertThat(verb("create_panel_user").secretPointers()).containsExactly("/password");
        assertThat(verb("create_openvpn_user").secretPointers())
                .containsExactlyInAnyOrder("/userpass", "/key", "/hmac_key");
        assertThat(verb("spawn_container").secretPointers()).containsExactly("/env/*");
        assertThat(catalogue.all()).filteredOn(verb -> !verb.secretPointers().isEmpty()).hasSize(3);
    }

    static final List<String> RIGHT =
            List.of(
                    "echo {'message':''}",
                    "create_panel_user {'username':'bob','password':'p w:\\'x','role':'admin'}",
                    "delete_panel_user {'username':'_bob-1'}",
                    "create_openvpn_user {'username':'bob','userpass':'x','source_ip':'10.0.0.1',"
                            + "'key':'a2V5+/==','hmac_key':'aG1hYw==','timeout':3600}",
                    "create_openvpn_user {'username':'bob','userpass':'x','source_ip':'10.0.0.0/8',"
                            + "'key':'a','hmac_key':'b','timeout':1}",
                    "create_openvpn_user {'username':'bob','userpass':'x',"
                            + "'source_ip':'2001:db8::/32','key':'a','hmac_key':'b','timeout':1}",
                    "delete_openvpn_user {'username':'bob'}",
                    "terminate_session {'session_id':'17'}",
                    "terminate_session {'username':'bob'}",
                    "list_sessions {}",
                    "spawn_container {'image':'registry.example:5000/a/b:1.2','name':'web'}",
                    "spawn_container {'image':'nginx','name':'web','env':{'A_1':'x=y'},"
                            + "'ports':['127.0.0.1:8080:80/tcp','53:53/udp','8080:80'],"
                            + "'memory_mb':64,'cpus':0.5}",
                    "stop_container {'container':'web'}",
                    "restart_container {'container':'0a1b2c','timeout_s':10}",
                    "list_containers {'all':true}",
                    "get_system_health {}",
                    "get_service_status {'unit':'openvpn-server@tun0.service'}",
                    "reload_service {'unit':'nginx.service'}",
                    "tail_logs {'unit':'nginx.service','lines':200}",
                    "tail_logs {'unit':'nginx','lines':1,"
                            + "'since_cursor':'s=0f;i=1a;b=9c;m=2;t=5e;x=77'}",
                    "shutdown_agent {}",
                    "shutdown_agent {'reason':'moved to another rack'}");

    @ParameterizedTest
    @FieldSource("RIGHT")
    void acceptsWhatIsRight(String line) {
        assertThat(violations(line)).isEmpty();
    }

    static final List<String> WRONG =
            List.of(
                    "echo {} -> /message is missing",
                    "echo {'message':1} -> /message must be a string",
                    "echo {'message':null} -> /message must be a string",
                    "echo {'message':'','a/b~c':1}"
                            + " -> /a~1b~0c is not known; known are message",
                    "list_sessions {'x':1} -> /x is not known; known are none",
                    "delete_panel_user {'username':'-bob'}"
                            + " -> /username must match ^[a-z_][a-z0-9_-]{0,31}$",
                    "delete_panel_user {'username':'bob\\n'}"
                            + " -> /username must match ^[a-z_][a-z0-9_-]{0,31}$",
                    "create_panel_user {'username':'bob','password':''}"
                            + " -> /password must have at least 1 characters",
                    "create_panel_user {'username':'bob','password':'a\\nb'}"
                            + " -> /password must match ^[^\\u0000-\\u001f\\u007f]*$",
                    "terminate_session {} -> must have exactly 1 of session_id, username",
                    "terminate_session {'session_id':'1','username':'bob'}"
                            + " -> must have exactly 1 of session_id, username",
                    "tail_logs {'unit':'nginx','lines':0} -> /lines must be at least 1",
                    "tail_logs {'unit':'nginx','lines':201} -> /lines must be at most 200",
                    "tail_logs {'unit':'nginx','lines':'9'} -> /lines must be an integer",
                    "tail_logs {'unit':'nginx','lines':1.5} -> /lines must be an integer",
                    "get_service_status {'unit':'--now'}"
                            + " -> /unit must match ^[A-Za-z0-9][A-Za-z0-9@._:-]{0,254}$",
                    "stop_container {'container':'-f'}"
                            + " -> /container must match ^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$",
                    "spawn_container {'image':'a','name':'b','env':[]} -> /env must be an object",
                    "spawn_container {'image':'a','name':'b','env':{'X':'a\\nb'}}"
                            + " -> /env/X must match ^[^\\u0000\\r\\n]*$",
                    "spawn_container {'image':'a','name':'b','ports':['80:80',80]}"
                            + " -> /ports/1 must be a string",
                    "spawn_container {'image':'a','name':'b','cpus':0}"
                            + " -> /cpus must be at least 0.01");

    @ParameterizedTest
    @FieldSource("WRONG")
    void saysWhereItIsWrongAndWhatWouldBeRight(String line) {
        String[] parts = line.split(" -> ", 2);
        assertThat(violations(parts[0]))
                .extracting(violation -> (violation.pointer() + " " + violation.message()).strip())
                .containsExactly(parts[1]);
    }

    @Test
    void namesEveryMistakeAtOnce() {
        assertThat(violations("create_openvpn_user {'username':'B','source_ip':'300.1.1.1'}"))
                .extracting(Violation::pointer)
                .containsExactly(
                        "/hmac_key", "/key", "/source_ip", "/timeout", "/username", "/userpass");
    }

    @Test
    void refusesArgumentsThatAreNoObject() {
        assertThat(verb("echo").validate(JsonNodeFactory.instance.arrayNode()))
                .containsExactly(new Violation("", "must be an object"));
    }

    @Test
    void pointsAtAnEnvironmentVariableWithABadName() {
        assertThat(violations("spawn_container {'image':'a','name':'b','env':{'1X':'y'}}"))
                .singleElement()
                .satisfies(violation -> {
                    assertThat(violation.pointer()).startsWith("/env");
                    assertThat(violation.message()).contains("must");
                });
    }

    @Test
    void neverQuotesAValueInAnyLanguage() {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.GERMANY);
        try {
            String secret = "hunter2\\thunter2";
            for (Verb verb : catalogue.all()) {
                ObjectNode args = JsonNodeFactory.instance.objectNode();
                for (String name : verb.schema().path("properties").propertyNames()) {
                    args.put(name, secret.repeat(1000));
                }
                assertThat(verb.validate(args).toString())
                        .doesNotContain("hunter2")
                        .doesNotContain("muss");
            }
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void masksSecretsAndNothingElse() {
        assertThat(
                        verb("create_panel_user")
                                .masked(args("{'username':'bob','password':'hunter2'}")))
                .isEqualTo(args("{'username':'bob','password':'***'}"));
        ObjectNode args = args("{'image':'a','name':'b','env':{'A':'x','B':{'c':'y'}}}");
        assertThat(verb("spawn_container").masked(args))
                .isEqualTo(args("{'image':'a','name':'b','env':{'A':'***','B':'***'}}"));
        assertThat(args.at("/env/A").stringValue()).as("the original").isEqualTo("x");
        assertThat(verb("echo").masked(args("{'message':'hi','x':1}")))
                .isEqualTo(args("{'message':'hi','x':1}"));
    }

    @Test
    void masksWhatIsNotBuiltAsTheSchemaSays() {
        assertThat(verb("spawn_container").masked(args("{'env':'A=hunter2','image':'a'}")))
                .isEqualTo(args("{'env':'***','image':'a'}"));
        assertThat(verb("spawn_container").masked(args("{'env':['A=hunter2']}")))
                .isEqualTo(args("{'env':'***'}"));
        assertThat(verb("create_panel_user").masked(args("{'pasword':'hunter2','password':7}")))
                .isEqualTo(args("{'pasword':'***','password':'***'}"));
    }

    @Test
    void knowsWhichTextsMustShowUpInNoOutput() {
        Verb spawn = verb("spawn_container");
        assertThat(spawn.secretValues(args("{'name':'b','env':{'A':'x','B':'y','C':''}}")))
                .containsExactlyInAnyOrder("x", "y");
        assertThat(spawn.carriesSecrets(args("{'name':'b','env':{}}"))).isFalse();
        assertThat(spawn.carriesSecrets(args("{'name':'b','env':{'A':'x'}}"))).isTrue();
        assertThat(verb("echo").carriesSecrets(args("{'message':'x'}"))).isFalse();
    }

    private List<Violation> violations(String line) {
        String[] parts = line.split(" ", 2);
        return verb(parts[0]).validate(args(parts[1]));
    }

    private Verb verb(String name) {
        return catalogue.find(name).orElseThrow();
    }

    /** JSON with the quotes the other way round; a quote in a string is written {@code \'}. */
    private static ObjectNode args(String json) {
        String text = json.replace("\\'", "\u0001").replace('\'', '"').replace("\u0001", "\\\"");
        try {
            return new FrameCodec().decodeObject(text.getBytes(StandardCharsets.UTF_8));
        } catch (BadFrame e) {
            throw new IllegalArgumentException(e);
        }
    }
}
