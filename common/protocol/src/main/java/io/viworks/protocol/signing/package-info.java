/** Signed envelopes: a compact JWS over an envelope's bytes, and the keys for it (spec 2.4). */
@NullMarked
package io.viworks.protocol.signing;

import org.jspecify.annotations.NullMarked;
