/** Whether the figures are worked out as said, and the page keeps what people wrote. */
@NullMarked
package io.viworks.bench;

import org.jspecify.annotations.NullMarked;
