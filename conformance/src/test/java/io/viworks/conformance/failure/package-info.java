/** Failures of real processes under load, one scenario per row of spec 3.6, and what must hold. */
@NullMarked
package io.viworks.conformance.failure;

import org.jspecify.annotations.NullMarked;
