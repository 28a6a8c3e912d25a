/** Measurements as ratios to a floor of the same run, and the page that keeps them. */
@NullMarked
package io.viworks.bench;

import org.jspecify.annotations.NullMarked;
