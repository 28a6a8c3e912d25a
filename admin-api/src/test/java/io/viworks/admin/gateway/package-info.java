/** Claims on gateways that need no server. */
@NullMarked
package io.viworks.admin.gateway;

import org.jspecify.annotations.NullMarked;
