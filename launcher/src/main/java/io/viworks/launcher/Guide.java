package io.viworks.launcher;

/** What a person sees when everything runs: where it is, and what to try. */
final class Guide {
    private Guide() {}

    static void print(Console console, RunFile file, Home home) {
        String api = file.adminApis().getFirst();
        console.plain(
                """

                Everything runs. Ctrl-C stops it.

                  admin API   %1$s   (its documentation: %6$s)
                  bridge      %2$s
                  tokens      in %3$s (admin_token, operator_token, viewer_token)
                  logs        %4$s

                Try:
                  curl -s -H @%5$s %1$s/gateways
                  curl -s -H @%5$s %1$s/gateways/demo-gateway-1/telemetry/latest
                  curl -s -H @%5$s -H 'Content-Type: application/json' \\
                       -d '{"command":"echo","parameters":{"message":"hi"}}' \\
                       %1$s/gateways/demo-gateway-1/commands
                """
                        .formatted(
                                api,
                                file.bridges().getFirst(),
                                home.runFile(),
                                home.logs(),
                                home.root().resolve(Stack.headerFile("operator")),
                                api.replace("/admin/api", "/swagger-ui.html")));
    }
}
