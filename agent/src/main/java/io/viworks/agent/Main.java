package io.viworks.agent;

import io.viworks.agent.config.AgentConfig;
import io.viworks.agent.config.ConfigMistakes;
import io.viworks.agent.config.ConfigReader;
import io.viworks.agent.helper.server.HelperDaemon;
import io.viworks.agent.simulate.Options;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The agent's command line. */
public final class Main {
    static final int OK = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;

    /** EX_CONFIG of sysexits.h: a service manager need not try again. */
    static final int CONFIGURATION = 78;

    private static final String CONFIG_VARIABLE = "VIW_AGENT_CONFIG";

    private static final String HELP =
            """
            agent run          connect to the bridge and stay connected
            agent check        say what would be used, or everything that is wrong with it
            agent status       ask the running agent how it is; --json for programs
            agent helper       run what needs root for an agent of this host; --check looks only
            agent simulate     many made-up agents in one process, named after agent_id; see below
            agent version      print the version
            agent --help       print this

              --config FILE    agent-outbound.toml with the section [outbound];
                               else the file that VIW_AGENT_CONFIG names, else none;
                               for helper its own file, else /etc/viworks/helper.toml

            Every key may also be given as VIW_AGENT_<KEY>, which wins over the file.

            For simulate, besides --config:
            %s
            Exit codes: 0 ended as asked, 1 failed, 2 wrong usage, 78 wrong configuration;
            of status: 0 connected, 1 running and not connected, 3 not running, 4 may not be asked.
            SIGTERM stops: runs get 3 seconds, then they are killed and reported as Interrupted.
            """
                    .formatted(Options.HELP.stripTrailing());

    private final Map<String, String> environment;
    private final PrintStream out;
    private final PrintStream err;

    Main(Map<String, String> environment, PrintStream out, PrintStream err) {
        this.environment = environment;
        this.out = out;
        this.err = err;
    }

    public static void main(String[] args) {
        System.exit(new Main(System.getenv(), System.out, System.err).main(List.of(args)));
    }

    /** Does what the arguments say; gives the exit code. */
    int main(List<String> args) {
        Deque<String> words = new ArrayDeque<>(args);
        String command = Objects.requireNonNullElse(words.poll(), "");
        return switch (command) {
            case "run", "check", "check-config", "status" -> configured(command, words);
            case "helper" -> helper(words);
            case "simulate" -> simulate(words);
            case "version", "--version" -> say("agent " + version());
            case "help", "--help", "-h" -> say(HELP.stripTrailing());
            case "" -> usage("say what to do");
            default -> usage("there is no command " + command);
        };
    }

    /** As the build wrote it into the jar. */
    static String version() {
        return Objects.requireNonNullElse(
                Main.class.getPackage().getImplementationVersion(), "0.0.0-unpackaged");
    }

    private int configured(String command, Deque<String> words) {
        @Nullable Path file = configured();
        boolean json = false;
        while (!words.isEmpty()) {
            String option = words.pop();
            if (option.equals("--json") && command.equals("status")) {
                json = true;
            } else if (option.equals("--config") && !words.isEmpty()) {
                file = Path.of(words.pop());
            } else {
                return usage(
                        command.equals("status")
                                ? "status takes --config FILE and --json and nothing else"
                                : command + " takes --config FILE and nothing else");
            }
        }
        try {
            AgentConfig config = ConfigReader.read(file, environment);
            return switch (command) {
                case "run" -> new Running(config, version(), out).untilStopped();
                case "status" -> new Asking(out, err).ask(config.dataDir(), json);
                default -> say(Shown.text(config, Instant.now()));
            };
        } catch (ConfigMistakes e) {
            return mistakes(e);
        }
    }

    private @Nullable Path configured() {
        String named = environment.get(CONFIG_VARIABLE);
        return named == null || named.isBlank() ? null : Path.of(named);
    }

    private int mistakes(ConfigMistakes e) {
        e.mistakes().forEach(err::println);
        err.println(e.mistakes().size() + " mistakes; nothing was started");
        return CONFIGURATION;
    }

    private int simulate(Deque<String> words) {
        @Nullable Path file = configured();
        Deque<String> rest = new ArrayDeque<>();
        while (!words.isEmpty()) {
            String word = words.pop();
            if (word.equals("--config") && !words.isEmpty()) {
                file = Path.of(words.pop());
            } else {
                rest.add(word);
            }
        }
        try {
            return new Simulating(ConfigReader.read(file, environment), version(), out)
                    .untilStopped(Options.read(rest));
        } catch (Options.Wrong e) {
            return usage(e.what());
        } catch (ConfigMistakes e) {
            return mistakes(e);
        }
    }

    private int helper(Deque<String> words) {
        Path file = HelperDaemon.CONFIG;
        boolean check = false;
        while (!words.isEmpty()) {
            String option = words.pop();
            if (option.equals("--check")) {
                check = true;
            } else if (option.equals("--config") && !words.isEmpty()) {
                file = Path.of(words.pop());
            } else {
                return usage("helper takes --config FILE and --check and nothing else");
            }
        }
        List<String> mistakes = HelperDaemon.mistakes(file);
        if (!mistakes.isEmpty()) {
            mistakes.forEach(err::println);
            err.println(mistakes.size() + " mistakes; nothing was started");
            return CONFIGURATION;
        }
        return check ? say(file + " can be used") : HelperDaemon.untilStopped(file, version(), out);
    }

    private int say(String text) {
        out.println(text);
        return OK;
    }

    private int usage(String what) {
        err.println(what);
        err.print(HELP);
        return USAGE;
    }
}
