/** A command's whole way, from the POST to its result in a GET, against the sum of its parts. */
@NullMarked
package io.viworks.bench.journey;

import org.jspecify.annotations.NullMarked;
