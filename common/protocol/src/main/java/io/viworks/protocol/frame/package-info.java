/** The frames of the agent protocol as records, and the codec between them and bytes. */
@NullMarked
package io.viworks.protocol.frame;

import org.jspecify.annotations.NullMarked;
