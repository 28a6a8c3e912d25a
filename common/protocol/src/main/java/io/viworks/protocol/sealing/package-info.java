/** Envelopes with secrets, sealed from their acceptance until a bridge writes the frame. */
@NullMarked
package io.viworks.protocol.sealing;

import org.jspecify.annotations.NullMarked;
