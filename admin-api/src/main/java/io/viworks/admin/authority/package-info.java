/** The authority that issues agents' certificates, and the list of those it has revoked. */
@NullMarked
package io.viworks.admin.authority;

import org.jspecify.annotations.NullMarked;
