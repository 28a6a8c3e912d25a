package io.viworks.launcher;

/** What a person sees when everything runs: where it is, and what to try. */
final class Guide {
    private Guide() {}

    static void print(Console console, RunFile file, Home home) {
        String api = file.adminApis().getFirst();
        console.plain(
                """

                Everything runs. Ctrl-C stops it.

                  admin API   %s   (its documentation: %s)
                  bridge      %s
                  tokens      in %s (admin_token, operator_token, viewer_token)
                  logs        %s

                Try:
                  T=%s
                  curl -s -H "Authorization: Bearer $T" %s/gateways
                  curl -s -H "Authorization: Bearer $T" -H 'Content-Type: application/json' \\
                       -d '{"command":"echo","parameters":{"message":"hi"}}' \\
                       %s/gateways/demo-gateway-1/commands
                """
                        .formatted(
                                api,
                                api.replace("/admin/api", "/admin/api/docs"),
                                file.bridges().getFirst(),
                                home.runFile(),
                                home.logs(),
                                file.tokens().operator(),
                                api,
                                api));
    }
}
