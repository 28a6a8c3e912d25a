/** What the agent's two HTTP conversations have in common. */
@NullMarked
package io.viworks.agent.http;

import org.jspecify.annotations.NullMarked;
