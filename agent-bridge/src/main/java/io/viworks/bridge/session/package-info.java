/** One connection's life, from the upgrade to its end, on its channel's event loop. */
@NullMarked
package io.viworks.bridge.session;

import org.jspecify.annotations.NullMarked;
