package io.viworks.cli;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/** {@code ./viw gateways}, {@code run}, {@code commands} and {@code cancel}. */
public final class Main {
    private static final String USAGE =
            """
            usage:
              ./viw %s
              ./viw %s
                  name=@file reads a value from a file: secrets only so; a,b,c is a list; @@x is the text @x
              ./viw %s
              ./viw %s

            exit code: 0 done (run: SUCCEEDED), 1 FAILED, 2 wrong words, 3 REJECTED, EXPIRED or CANCELLED,
                       4 OUTCOME_UNKNOWN or EXEC_TIMED_OUT, 5 the API refused or is away
            """
                    .formatted(Gateways.FORM, Run.FORM, Commands.FORM, Commands.CANCEL_FORM);

    private final Terminal terminal;
    private final Map<String, String> environment;
    private final Path checkout;
    private final Farewell farewell;

    Main(Terminal terminal, Map<String, String> environment, Path checkout, Farewell farewell) {
        this.terminal = terminal;
        this.environment = environment;
        this.checkout = checkout;
        this.farewell = farewell;
    }

    /** Exits as {@link Exit} says. */
    public static void main(String[] args) throws InterruptedException {
        Terminal terminal = Terminal.ofProcess();
        Farewell farewell = new Farewell();
        farewell.atExit(terminal);
        Path checkout = Path.of(System.getProperty("viw.checkout", ".")).toAbsolutePath();
        System.exit(
                new Main(terminal, System.getenv(), checkout.normalize(), farewell)
                        .run(List.of(args)));
    }

    int run(List<String> args) throws InterruptedException {
        if (args.isEmpty() || args.contains("--help") || args.contains("-h")) {
            (args.isEmpty() ? terminal.err() : terminal.out()).print(USAGE);
            return args.isEmpty() ? Exit.MISUNDERSTOOD : Exit.OK;
        }
        try {
            return call(args.getFirst(), args.subList(1, args.size()));
        } catch (Misunderstood e) {
            terminal.remark(e.sentence());
            return Exit.MISUNDERSTOOD;
        } catch (ApiTrouble e) {
            terminal.remark(e.sentences());
            return Exit.API;
        }
    }

    private int call(String name, List<String> rest)
            throws Misunderstood, ApiTrouble, InterruptedException {
        if (!List.of("gateways", "run", "commands", "cancel").contains(name)) {
            throw new Misunderstood("There is no " + Harmless.cell(name) + ".\n" + USAGE);
        }
        Api api = new Api(Access.find(environment, checkout), InstantSource.system(), terminal);
        return switch (name) {
            case "gateways" -> new Gateways(api, terminal).run(rest);
            case "run" -> new Run(api, terminal, farewell).run(rest);
            case "commands" -> new Commands(api, terminal).list(rest);
            default -> new Commands(api, terminal).cancel(rest);
        };
    }
}
