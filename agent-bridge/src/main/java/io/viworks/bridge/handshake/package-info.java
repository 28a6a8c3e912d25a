/** Who may open a socket: the checks of spec 2.1 in their order, before the upgrade. */
@NullMarked
package io.viworks.bridge.handshake;

import org.jspecify.annotations.NullMarked;
