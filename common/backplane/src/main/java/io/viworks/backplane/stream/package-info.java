/** Typed stream records, their writer, and the one consumer loop. */
@NullMarked
package io.viworks.backplane.stream;

import org.jspecify.annotations.NullMarked;
