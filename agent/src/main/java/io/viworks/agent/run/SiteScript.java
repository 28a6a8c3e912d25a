package io.viworks.agent.run;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.viworks.agent.process.ProgramEnd;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.frame.FrameCodec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A verb the site's own script does: {@code scripts_dir/<verb>}, with the verb's arguments in fixed
 * positions and nothing else on its command line, and the secret ones as a line of JSON on its
 * standard input (spec 6; {@code deploy/scripts/README.md} is the contract).
 */
final class SiteScript implements Action {
    private final Path script;
    private final List<String> positions;
    private final List<String> secrets;
    private final FrameCodec codec = new FrameCodec();

    /**
     * The script of one verb.
     *
     * @param positions names of arguments, in the order the script takes them; one that a command
     *     leaves out is an empty text in its place
     * @param secrets names of arguments that the script reads, never on its command line
     */
    SiteScript(Path scriptsDir, String verb, List<String> positions, List<String> secrets) {
        this.script = scriptsDir.resolve(verb).toAbsolutePath();
        this.positions = List.copyOf(positions);
        this.secrets = List.copyOf(secrets);
    }

    /** The scripts of all verbs that a site does by its own. */
    static Map<String, Action> all(Path scriptsDir) {
        List<String> user = List.of("username");
        return Map.of(
                "create_panel_user",
                new SiteScript(
                        scriptsDir,
                        "create_panel_user",
                        List.of("username", "role"),
                        List.of("password")),
                "delete_panel_user",
                new SiteScript(scriptsDir, "delete_panel_user", user, List.of()),
                "create_openvpn_user",
                new SiteScript(
                        scriptsDir,
                        "create_openvpn_user",
                        List.of("username", "source_ip", "timeout"),
                        List.of("userpass", "key", "hmac_key")),
                "delete_openvpn_user",
                new SiteScript(scriptsDir, "delete_openvpn_user", user, List.of()));
    }

    @Override
    public Answer run(Task task) throws IOException, Stopped {
        mustBeSound();
        ObjectNode args = task.args();
        List<String> arguments =
                positions.stream().map(name -> args.path(name).asString("")).toList();
        if (arguments.stream().anyMatch(argument -> argument.startsWith("-"))) {
            throw new IOException("an argument that starts with - could become an option");
        }
        ProgramEnd end = task.run(task.program(script, arguments).reading(input(args)));
        return Answer.of(end, end.rc() == 0 ? made(args) : null);
    }

    /** Only what makes something tells what it made. */
    private @Nullable ObjectNode made(ObjectNode args) {
        return secrets.isEmpty()
                ? null
                : JsonNodeFactory.instance
                        .objectNode()
                        .put("username", args.required("username").stringValue());
    }

    /** Nothing for a verb without secrets. */
    private Bytes input(ObjectNode args) {
        if (secrets.isEmpty()) {
            return Bytes.utf8("");
        }
        ObjectNode said = JsonNodeFactory.instance.objectNode();
        secrets.forEach(name -> said.set(name, args.required(name)));
        return Bytes.utf8(new String(codec.encodeObject(said), UTF_8) + "\n");
    }

    private void mustBeSound() throws IOException {
        if (!Files.isRegularFile(script)) {
            throw new IOException(
                    script + " is not there: install the site's script, or set scripts_dir");
        }
        if (!Files.isExecutable(script)) {
            throw new IOException(script + " cannot be executed by the agent: chmod 0755");
        }
        if (Files.getPosixFilePermissions(script).contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new IOException(script + " can be written by anyone and is not run: chmod o-w");
        }
    }
}
