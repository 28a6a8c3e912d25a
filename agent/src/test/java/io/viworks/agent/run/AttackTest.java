package io.viworks.agent.run;

import static io.viworks.agent.run.Commands.command;
import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.protocol.frame.Envelope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import tools.jackson.databind.node.ObjectNode;

/**
 * What somebody would try who may give this agent commands: with the real executor, where no script
 * may come to run. Scripts that are hostile themselves: {@link HostileScriptTest}.
 */
@Timeout(300)
class AttackTest {
    /** Names that are none, whichever verb they are given to. */
    static final List<String> NAMES =
            List.of(
                    "--help",
                    "-rf",
                    "-",
                    "../../etc/passwd",
                    "/etc/passwd",
                    "a/b",
                    "..",
                    ".",
                    "",
                    " root",
                    "root ",
                    "a b",
                    "a\nb",
                    "a\n",
                    "a\r",
                    "a\u0000b",
                    "a\u0000",
                    "a;id",
                    "$(id)",
                    "`id`",
                    "a|id",
                    "a&id",
                    "*",
                    "a%0ab",
                    "~root",
                    "a'b",
                    "a\"b",
                    "a\\b",
                    "\u0440oot", // Cyrillic er
                    "ro\u043et", // Cyrillic o
                    "\uFF52\uFF4F\uFF4F\uFF54", // full width
                    "toor\u202e", // turned round
                    "ro\u200bot", // a space of no width
                    "root\u0301", // a combining mark
                    "\u0131d", // dotless i
                    "\u212Aey", // the sign of Kelvin, a k for who folds case
                    "Root",
                    "9lives",
                    "\uD800",
                    "x".repeat(33),
                    "x".repeat(100_000));

    /** Those of them that are names of containers or units, which are not names of users. */
    private static final Set<String> NO_USER_BUT_A_NAME = Set.of("Root", "9lives", "x".repeat(33));

    @TempDir Path folder;
    private Target target;

    @BeforeEach
    void witness() throws IOException {
        target = new Target(folder);
        target.script("echo \"$#\" >>" + ran());
    }

    @AfterEach
    void close() {
        target.close();
    }

    @ParameterizedTest
    @FieldSource("NAMES")
    void lettersThatAreNoNameReachNoProgram(String name) {
        refuses("delete_panel_user", args -> args.put("username", name));
        refuses("delete_openvpn_user", args -> args.put("username", name));
        refuses("terminate_session", args -> args.put("username", name));
        refuses("create_panel_user", args -> args.put("username", name).put("password", "word"));
        refuses(
                "create_panel_user",
                args -> args.put("username", "jo").put("password", "word").put("role", name));
        refuses("create_openvpn_user", args -> openvpn(args).put("username", name));
        refuses("create_openvpn_user", args -> openvpn(args).put("source_ip", name));
        for (String verb : List.of("reload_service", "get_service_status")) {
            refuses(verb, args -> args.put("unit", name)); // the list holds none of them
        }
        refuses("tail_logs", args -> args.put("unit", name).put("lines", 1));
        if (!NO_USER_BUT_A_NAME.contains(name)) {
            for (String verb : List.of("stop_container", "restart_container")) {
                refuses(verb, args -> args.put("container", name));
            }
            refuses("spawn_container", args -> args.put("image", "alpine:3").put("name", name));
        }
        if (!name.equals("a;id") && !NO_USER_BUT_A_NAME.contains(name)) { // cursors have ; too
            refuses(
                    "tail_logs",
                    args ->
                            args.put("unit", "ssh.service")
                                    .put("lines", 1)
                                    .put("since_cursor", name));
        }
        refuses("spawn_container", args -> args.put("image", name).put("name", "web"));
    }

    @Test
    void refusesAddressesPortsAndNumbersThatAreNone() {
        for (String address :
                List.of(
                        "1.2.3.4;id",
                        "1.2.3",
                        "999.1.1.1",
                        "1.2.3.4/33",
                        "any",
                        "-A",
                        "\uFF11.1.1.1")) {
            refuses("create_openvpn_user", args -> openvpn(args).put("source_ip", address));
        }
        for (String port :
                List.of("80", "0:80", "80:0", "65536:80", "80:99999", "1.2.3.4:80", "80:80/icmp")) {
            refuses(
                    "spawn_container",
                    args ->
                            args.put("image", "alpine:3")
                                    .put("name", "w")
                                    .putArray("ports")
                                    .add(port));
        }
        for (int lines : new int[] {0, -1, 201, Integer.MAX_VALUE}) {
            refuses("tail_logs", args -> args.put("unit", "ssh.service").put("lines", lines));
        }
        refuses("create_openvpn_user", args -> openvpn(args).put("timeout", -1));
        refuses("create_openvpn_user", args -> openvpn(args).put("timeout", "60"));
    }

    @Test
    void refusesVariablesThatWouldSteerAContainer() {
        for (String variable : List.of("A=B", "A\n", "", "1A", "A B", "\uFF21")) {
            refuses(
                    "spawn_container",
                    args ->
                            args.put("image", "alpine:3")
                                    .put("name", "web")
                                    .putObject("env")
                                    .put(variable, "x"));
        }
        for (String value : List.of("a\nB=c", "a\u0000", "x".repeat(4_097))) {
            refuses(
                    "spawn_container",
                    args ->
                            args.put("image", "alpine:3")
                                    .put("name", "web")
                                    .putObject("env")
                                    .put("A", value));
        }
    }

    @Test
    void refusesArgumentsThatNoVerbKnows() {
        refuses("delete_panel_user", args -> args.put("username", "jo").put("flags", "-rf"));
        refuses("echo", args -> args.put("message", "x".repeat(4_097)));
        refuses("shutdown_agent", args -> args.put("reason", "a\nb"));
        refuses("list_sessions", args -> args.put("all", true));
    }

    private void refuses(String verb, Consumer<ObjectNode> args) {
        Envelope envelope = command(verb, "{}");
        args.accept(envelope.args());
        Optional<Refusal> refusal = target.executor().check(envelope);
        assertThat(refusal)
                .describedAs(verb + " " + envelope.args())
                .hasValueSatisfying(
                        why -> assertThat(why.code()).isIn("ValidationFailed", "LocalPolicy"));
        assertThat(ran()).doesNotExist();
    }

    private static ObjectNode openvpn(ObjectNode args) {
        return args.put("username", "jo")
                .put("userpass", "word")
                .put("source_ip", "192.0.2.1")
                .put("key", "aaaa")
                .put("hmac_key", "bbbb")
                .put("timeout", 60);
    }

    private Path ran() {
        return folder.resolve("ran");
    }
}
