/** Architecture rules over all modules, and end-to-end tests on the real processes. */
@NullMarked
package io.viworks.conformance;

import org.jspecify.annotations.NullMarked;
