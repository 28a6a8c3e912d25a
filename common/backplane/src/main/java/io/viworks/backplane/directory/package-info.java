/** What bridges know about agents, and the nonces they share. */
@NullMarked
package io.viworks.backplane.directory;

import org.jspecify.annotations.NullMarked;
