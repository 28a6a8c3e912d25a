/** Tests of the load generator. */
@NullMarked
package io.viworks.bench.load;

import org.jspecify.annotations.NullMarked;
