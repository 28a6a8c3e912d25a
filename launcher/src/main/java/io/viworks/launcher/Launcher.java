package io.viworks.launcher;

import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * {@code ./viw up}: starts everything on this machine, shows it working, and stays until Ctrl-C,
 * SIGTERM, or the death of a child; then stops all of it, in the reverse order. {@code ./viw
 * service NAME}: one more of a kind, in the foreground.
 */
public final class Launcher {
    static final int OK = 0;
    static final int FAILED = 1;
    static final int MISUNDERSTOOD = 2;

    /** What a failed request and the death that caused it may lie apart. */
    private static final long DEATH_MAY_FOLLOW_MS = 500;

    private final Console console;
    private final Path checkout;
    private final Path folder;

    private Launcher(Console console, Path checkout, Path folder) {
        this.console = console;
        this.checkout = checkout;
        this.folder = folder;
    }

    /** Exits with 0, 1 when something failed, or 2 when it did not understand. */
    public static void main(String[] args) {
        Path checkout = Path.of(System.getProperty("viw.checkout", ".")).toAbsolutePath();
        String folder =
                Optional.ofNullable(System.getenv("VIW_HOME"))
                        .filter(value -> !value.isBlank())
                        .orElse(checkout.resolve(".viw").toString());
        Launcher launcher =
                new Launcher(
                        new Console(System.out),
                        checkout.normalize(),
                        Path.of(folder).toAbsolutePath().normalize());
        System.exit(launcher.run(List.of(args)));
    }

    private int run(List<String> args) {
        if (!args.isEmpty() && args.getFirst().equals("service")) {
            return new OneService(console, new Programs(checkout), folder)
                    .run(args.subList(1, args.size()), System.getenv());
        }
        Options options;
        try {
            options = Options.parse(args);
        } catch (Options.Misunderstood e) {
            console.plain(reason(e) + "\n\n" + Options.USAGE);
            return MISUNDERSTOOD;
        }
        try (Home home = Home.open(folder, options.fresh())) {
            return up(options, home);
        } catch (Home.InUse e) {
            console.plain(reason(e));
        } catch (Exception e) {
            console.plain("could not start: " + reason(e));
        }
        return FAILED;
    }

    private int up(Options options, Home home) {
        Stack stack = new Stack(options, home, console, new Programs(checkout));
        try (StopSignal signal = StopSignal.interrupting(Thread.currentThread())) {
            int exit = FAILED;
            try {
                exit = showAndStay(options, home, stack);
            } catch (Exception e) {
                if (!signal.came()) {
                    console.plain("failed: " + deathBehind(stack).orElseGet(() -> reason(e)));
                }
            } finally {
                console.step(signal.came() ? "told to stop: stopping" : "stopping");
                signal.shieldedFrom(() -> stop(stack, home));
            }
            return exit;
        }
    }

    private void stop(Stack stack, Home home) {
        try {
            stack.close();
            console.step("stopped; data and logs stay in " + home.root());
        } catch (RuntimeException e) {
            console.plain("not everything could be stopped: " + e + ": " + e.getCause());
        }
    }

    private int showAndStay(Options options, Home home, Stack stack) throws Exception {
        Instant begun = Instant.now();
        RunFile file = stack.start();
        String api = file.adminApis().getFirst();
        new Journey(new AdminClient(api, file.tokens().operator()), console)
                .make(stack.agentNames(), begun);
        if (options.check()) {
            console.step("the journey was made");
            return OK;
        }
        Guide.print(console, file, home);
        console.plain(stack.death().get());
        return FAILED;
    }

    /** A request that fails is often the first sign of a child's death, which says more. */
    private static Optional<String> deathBehind(Stack stack) {
        try {
            return Optional.of(stack.death().get(DEATH_MAY_FOLLOW_MS, TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** The message, or more where the message alone is only a path. */
    private static String reason(Exception e) {
        return e instanceof FileSystemException
                ? e.toString()
                : Optional.ofNullable(e.getMessage()).orElseGet(e::toString);
    }
}
