/** The one outbound connection: how it is kept, what is said over it, and in which order. */
@NullMarked
package io.viworks.agent.connection;

import org.jspecify.annotations.NullMarked;
