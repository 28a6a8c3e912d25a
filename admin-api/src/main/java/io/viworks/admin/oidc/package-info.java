/** Callers with a token of an OpenID Connect issuer (spec 5, "Rights"). */
@NullMarked
package io.viworks.admin.oidc;

import org.jspecify.annotations.NullMarked;
