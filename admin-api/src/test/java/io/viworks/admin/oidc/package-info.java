/** Claims about an issuer's keys. */
@NullMarked
package io.viworks.admin.oidc;

import org.jspecify.annotations.NullMarked;
