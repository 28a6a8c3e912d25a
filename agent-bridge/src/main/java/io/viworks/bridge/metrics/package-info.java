/** Every number the bridge reports, named once. */
@NullMarked
package io.viworks.bridge.metrics;

import org.jspecify.annotations.NullMarked;
