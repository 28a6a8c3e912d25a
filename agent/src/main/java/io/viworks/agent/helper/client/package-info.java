/** The agent's side of the host helper's socket. */
@NullMarked
package io.viworks.agent.helper.client;

import org.jspecify.annotations.NullMarked;
