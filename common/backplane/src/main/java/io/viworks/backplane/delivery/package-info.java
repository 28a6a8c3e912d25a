/** Sending a command record and the one decision whether a copy may reach the socket. */
@NullMarked
package io.viworks.backplane.delivery;

import org.jspecify.annotations.NullMarked;
