/** The process on a gateway. */
@NullMarked
package io.viworks.agent;

import org.jspecify.annotations.NullMarked;
