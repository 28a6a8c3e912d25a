package io.viworks.admin.oidc;

import java.util.Optional;

/** The issuer that is configured, if one is. */
public record IssuerSettings(Optional<OidcSettings> issuer) {}
