/** What is proved before the upgrade: the signed text, its MAC, and the refusals. */
@NullMarked
package io.viworks.protocol.handshake;

import org.jspecify.annotations.NullMarked;
