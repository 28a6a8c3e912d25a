/** Measures that keep one source, agent or process from taking everything. */
@NullMarked
package io.viworks.bridge.limit;

import org.jspecify.annotations.NullMarked;
