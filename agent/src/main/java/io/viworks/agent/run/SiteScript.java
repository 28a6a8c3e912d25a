package io.viworks.agent.run;

import io.viworks.agent.process.ProgramEnd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A verb the site's own script does: {@code scripts_dir/<verb>}, with the verb's arguments in fixed
 * positions and nothing else on its command line (spec 6). Only for verbs without secrets.
 */
final class SiteScript implements Action {
    private final Path script;
    private final List<String> positions;

    /**
     * The script of one verb.
     *
     * @param positions names of required arguments, in the order the script takes them
     */
    SiteScript(Path scriptsDir, String verb, String... positions) {
        this.script = scriptsDir.resolve(verb).toAbsolutePath();
        this.positions = List.of(positions);
    }

    @Override
    public Answer run(Task task) throws IOException, Stopped {
        if (!Files.isExecutable(script)) {
            throw new IOException(script + " is not there, or cannot be executed");
        }
        List<String> arguments =
                positions.stream().map(name -> task.args().required(name).stringValue()).toList();
        ProgramEnd end = task.run(task.program(script, arguments));
        return Answer.of(end, null);
    }
}
