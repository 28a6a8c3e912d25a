/** The arithmetic of a command's way, on ways made up. */
@NullMarked
package io.viworks.bench.journey;

import org.jspecify.annotations.NullMarked;
