/** How long a command is on its way from its stream to the agent's socket, against a bare relay. */
@NullMarked
package io.viworks.bench.dispatch;

import org.jspecify.annotations.NullMarked;
