/** How long tests wait for what must come. */
@NullMarked
package io.viworks.patience;

import org.jspecify.annotations.NullMarked;
