package io.viworks.admin.oidc;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The issuer whose tokens count, if there is one. Thread-safe. */
public final class Issuer implements AutoCloseable {
    private final @Nullable OidcCallers callers;
    private final @Nullable IssuerClient client;

    Issuer(@Nullable OidcCallers callers, @Nullable IssuerClient client) {
        this.callers = callers;
        this.client = client;
    }

    /** Its callers. */
    public Optional<OidcCallers> callers() {
        return Optional.ofNullable(callers);
    }

    @Override
    public void close() {
        if (client != null) {
            client.close();
        }
    }
}
