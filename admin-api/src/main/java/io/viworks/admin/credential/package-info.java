/** The keys that gateways have, and the end of them: rotated, revoked, decommissioned. */
@NullMarked
package io.viworks.admin.credential;

import org.jspecify.annotations.NullMarked;
