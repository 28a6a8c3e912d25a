/** How a running agent says what it thinks of itself: a Unix socket, and who asks at it. */
@NullMarked
package io.viworks.agent.status;

import org.jspecify.annotations.NullMarked;
