/** Command records on their way to the one session that may have them. */
@NullMarked
package io.viworks.bridge.delivery;

import org.jspecify.annotations.NullMarked;
