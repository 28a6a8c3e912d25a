/** Rules over all modules: what may know what, and what the documents promise. */
@NullMarked
package io.viworks.conformance;

import org.jspecify.annotations.NullMarked;
